import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import type { Hook } from '../../../../contexts/shared/application/migration.ts';
import { landlordMigrations } from './migrations/landlord.ts';
import { tenantMigrations } from './migrations/tenant.ts';
import { manifest } from './module.ts';

/** Looks at the tenant's rows and changes nothing: what a hook does outside is not for a database to show. */
const look: Hook = { run: ({ change }) => change((db) => db.selectFrom('repairs').select('id').execute()) };

export const declaration = defineMigrator({
  manifest,
  landlord: landlordMigrations,
  tenant: tenantMigrations,
  seed: (db, version) =>
    db
      .insertInto('repairs')
      .values([1, 2, 3].map((id) => ({ id, what: `repair ${id}`, ...(version === '1.0.0' ? { old_code: `R-${id}` } : { hours: 1 }) })))
      .execute(),
  hooks: { preUpgrade: look, postUpgrade: look, preUninstall: look, postUninstall: { run: async () => {} } },
});
