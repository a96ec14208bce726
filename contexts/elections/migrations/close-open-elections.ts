import { sql } from 'kysely';
import * as z from 'zod';
import type { ReversibleHook } from '../../shared/application/migration.ts';
import { Ulid } from '../../shared/domain/names.ts';

const Done = z.object({ closed: z.array(Ulid) });

/**
 * Nobody can vote while the module is away: what is open ends here, and says why. Those to come stay as they are. Should the
 * uninstall come to nothing, what it has closed is open again; what one before it had closed is not.
 */
export const closeOpenElections: ReversibleHook = {
  change: async (db) => {
    const rows = await db
      .updateTable('elections')
      .set({ closed_at: sql`now()`, closed_reason: 'module-uninstalled' })
      .where('closed_at', 'is', null)
      .where('opens_at', '<=', sql`now()`)
      .where('closes_at', '>', sql`now()`)
      .returning('id')
      .execute();
    return { closed: rows.map(({ id }) => id) };
  },
  undo: async (db, done) => {
    const { closed } = Done.parse(done);
    if (closed.length === 0) return;
    await db.updateTable('elections').set({ closed_at: null, closed_reason: null }).where('id', 'in', closed).execute();
  },
};
