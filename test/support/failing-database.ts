import type { Database } from '../../contexts/shared/application/database.ts';
import { Unavailable } from '../../contexts/shared/domain/errors.ts';

/** Before a call takes effect, or after it: then its answer is lost. */
export type Moment = 'before' | 'after';

export interface FailingDatabase extends Database {
  /** Calls so far: transactions, and statements outside of one. */
  readonly calls: () => number;
}

/**
 * A database that is gone for one call, the `at`-th of all, as if the worker had died there. Wherever in a transaction that is,
 * PostgreSQL rolls it back; so a transaction is one call, gone before its commit or after it. Without `at` it only counts.
 */
export const failingDatabase = (database: Database, at?: number, moment: Moment = 'before'): FailingDatabase => {
  let calls = 0;
  const next = (): ((when: Moment) => void) => {
    const number = calls;
    calls += 1;
    return (when) => {
      if (number === at && when === moment) throw new Unavailable(`gone ${moment} call ${at}`);
    };
  };
  return {
    query: async (statement) => {
      const goneIf = next();
      goneIf('before');
      const answer = await database.query(statement);
      goneIf('after');
      return answer;
    },
    transaction: async (work) => {
      const goneIf = next();
      const answer = await database.transaction(async (transaction) => {
        const result = await work(transaction);
        goneIf('before');
        return result;
      });
      goneIf('after');
      return answer;
    },
    calls: () => calls,
  };
};
