import { makeSqlProfileStore } from '../../../contexts/user-management/adapters/sql-profile-store.ts';
import { declaration } from '../../../contexts/user-management/migrator.ts';
import { installedOnce } from '../../support/installed-module.ts';
import { keepsTheProfileStoreContract } from '../../support/profile-store-contract.ts';
import { startStand } from '../../support/tenant-stand.ts';

const installed = installedOnce(startStand(), declaration, '1.0.0', ['user_profiles']);

keepsTheProfileStoreContract('PostgreSQL', async () => {
  const { database, tenant, other } = await installed();
  return { tenant, other, store: makeSqlProfileStore({ database, clock: { now: () => new Date('2026-01-01T00:00:00Z') } }) };
});
