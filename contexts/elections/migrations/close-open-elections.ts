import { sql } from 'kysely';
import * as z from 'zod';
import type { ReversibleHook } from '../../shared/application/migration.ts';

const reason = 'module-uninstalled';
/** All of them were closed at one instant, to the microsecond; their ids might be too many to note. */
const Done = z.object({ closedAt: z.string() });

/**
 * Nobody can vote while the module is away: what is open ends here, and says why. Those to come stay as they are. Should the
 * uninstall come to nothing, what it has closed is open again; what one before it had closed is not.
 */
export const closeOpenElections: ReversibleHook = {
  change: async (db) => {
    const { rows } = await sql<{ now: string }>`SELECT now()::text AS now`.execute(db);
    await db
      .updateTable('elections')
      .set({ closed_at: sql`now()`, closed_reason: reason })
      .where('closed_at', 'is', null)
      .where('opens_at', '<=', sql`now()`)
      .where('closes_at', '>', sql`now()`)
      .execute();
    return { closedAt: rows[0]?.now ?? null };
  },
  undo: async (db, done) => {
    const { closedAt } = Done.parse(done);
    await db
      .updateTable('elections')
      .set({ closed_at: null, closed_reason: null })
      .where('closed_reason', '=', reason)
      .where('closed_at', '=', sql`${closedAt}::timestamptz`)
      .execute();
  },
};
