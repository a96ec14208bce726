import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import { tenantMigrations } from './migrations/tenant.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: tenantMigrations,
  seed: (db) =>
    db
      .insertInto('parts')
      .values([{ name: 'bolt' }, { name: 'nut' }])
      .execute(),
});
