import { sql } from 'kysely';
import type { Handle } from '../../shared/application/migration.ts';

/** Nobody can vote while the module is away: what is open ends here, and says why. Those to come stay as they are. */
export const closeOpenElections = (db: Handle): Promise<unknown> =>
  db
    .updateTable('elections')
    .set({ closed_at: sql`now()`, closed_reason: 'module-uninstalled' })
    .where('closed_at', 'is', null)
    .where('opens_at', '<=', sql`now()`)
    .where('closes_at', '>', sql`now()`)
    .execute();
