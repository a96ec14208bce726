import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import type { ReversibleHook } from '../../../../contexts/shared/application/migration.ts';
import { tenantMigrations } from './migrations/tenant.ts';
import { manifest } from './module.ts';

/** Takes rows away, which come back when the upgrade does not come to be. */
const throwAway: ReversibleHook = {
  change: async (db) => ({
    names: (await db.deleteFrom('parts').where('name', '=', 'nut').returning('name').execute()).map(({ name }) => name),
  }),
  undo: (db, { names }) =>
    db
      .insertInto('parts')
      .values((names as readonly string[]).map((name) => ({ name })))
      .execute(),
};

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: tenantMigrations,
  seed: (db) =>
    db
      .insertInto('parts')
      .values([{ name: 'bolt' }, { name: 'nut' }])
      .execute(),
  hooks: { preUpgrade: throwAway },
});
