import { makeSqlProfileStore } from '../../../contexts/user-management/adapters/sql-profile-store.ts';
import { declaration } from '../../../contexts/user-management/migrator.ts';
import { installModule } from '../../support/installed-module.ts';
import { keepsTheProfileStoreContract } from '../../support/profile-store-contract.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();

keepsTheProfileStoreContract('PostgreSQL', async () => {
  const { database, ...tenants } = await installModule(stand, declaration, '1.0.0');
  return { ...tenants, store: makeSqlProfileStore({ database, clock: { now: () => new Date('2026-01-01T00:00:00Z') } }) };
});
