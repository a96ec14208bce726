import { randomBytes } from 'node:crypto';
import type { LocalClock } from './clock.ts';
import type { ConnectionPool, ConnectionTarget, Lease } from './connection-pool.ts';
import { AwsError } from './gateway.ts';
import {
  leavesTraces,
  runStatement,
  type Statement,
  type StatementResult,
  translateConnectError,
  translateStatementError,
} from './rds-data-statement.ts';

/** The Data API's transactions: one statement at a time, gone after three idle minutes, after their end, and after an error. */

export interface TransactionScope {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

interface Transaction extends TransactionScope {
  readonly target: ConnectionTarget;
  readonly lease: Lease;
  busy: boolean;
  dirty: boolean;
  usedAt: number;
}

export interface Transactions {
  readonly begin: (scope: TransactionScope, target: ConnectionTarget) => Promise<string>;
  readonly run: (id: string, scope: Partial<TransactionScope>, statement: Statement) => Promise<StatementResult>;
  readonly end: (id: string, scope: Partial<TransactionScope>, how: 'COMMIT' | 'ROLLBACK') => Promise<void>;
  readonly close: () => Promise<void>;
}

const idleMilliseconds = 3 * 60_000;

const notFound = (id: string): AwsError => new AwsError('TransactionNotFoundException', `Transaction ${id} is not found`, { status: 404 });

export const makeTransactions = (pool: ConnectionPool, clock: Pick<LocalClock, 'now'>): Transactions => {
  const open = new Map<string, Transaction>();
  const now = (): number => clock.now().getTime();

  const abandon = async (id: string, { lease }: Transaction): Promise<void> => {
    open.delete(id);
    await lease.client.query('ROLLBACK').then(
      () => lease.release('dirty'),
      () => lease.release('broken'),
    );
  };

  const expire = (): void => {
    for (const [id, transaction] of open)
      if (!transaction.busy && now() - transaction.usedAt > idleMilliseconds) void abandon(id, transaction);
  };
  // Idle time is measured by the cloud's clock, which a timer would not follow.
  const sweep = setInterval(expire, 500);
  sweep.unref();

  const find = (id: string, scope: Partial<TransactionScope>): Transaction => {
    expire();
    const transaction = open.get(id);
    if (!transaction) throw notFound(id);
    for (const name of ['resourceArn', 'secretArn', 'database'] as const)
      if (scope[name] !== undefined && scope[name] !== transaction[name])
        throw new AwsError('BadRequestException', `${name} is not the same as the transaction's`);
    if (transaction.busy) throw new AwsError('DatabaseErrorException', 'Transaction is still running a query');
    return transaction;
  };

  return {
    begin: async (scope, target) => {
      const lease = await pool.lease(target).catch((error: unknown) => Promise.reject(translateConnectError(error)));
      try {
        await lease.client.query('BEGIN');
      } catch (error) {
        lease.release('broken');
        throw translateStatementError(error);
      }
      const id = randomBytes(48).toString('base64');
      open.set(id, { ...scope, target, lease, busy: false, dirty: false, usedAt: now() });
      return id;
    },
    run: async (id, scope, statement) => {
      const transaction = find(id, scope);
      transaction.busy = true;
      transaction.dirty ||= leavesTraces(statement.sql);
      const { answer, settled } = runStatement(transaction.lease, transaction.target, statement);
      // Once it failed, PostgreSQL would refuse all but a rollback.
      void settled.then((sound) => {
        transaction.busy = false;
        transaction.usedAt = now();
        if (!sound) return abandon(id, transaction);
        return undefined;
      });
      return answer;
    },
    end: async (id, scope, how) => {
      const { lease, dirty } = find(id, scope);
      open.delete(id);
      try {
        await lease.client.query(how);
        lease.release(dirty ? 'dirty' : 'clean');
      } catch (error) {
        lease.release('broken');
        throw translateStatementError(error);
      }
    },
    close: async () => {
      clearInterval(sweep);
      for (const { lease } of open.values()) lease.release('broken');
      open.clear();
    },
  };
};
