import type { Handle } from '../../shared/application/migration.ts';

/** A member has a level, so a tenant begins with one. */
export const seedDefaultLevel = (db: Handle): Promise<unknown> =>
  db
    .insertInto('membership_levels')
    .values({ id: '00000000000000000000000001', name: 'Member', is_default: true })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
