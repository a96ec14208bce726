import { makeSqlMemberStore } from '../../../contexts/membership/adapters/sql-member-store.ts';
import { declaration } from '../../../contexts/membership/migrator.ts';
import { installedOnce } from '../../support/installed-module.ts';
import { keepsTheMemberStoreContract } from '../../support/member-store-contract.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const clock = { now: () => new Date('2026-01-01T00:00:00Z') };

for (const { version } of declaration.manifest.versions) {
  const installed = installedOnce(stand, declaration, version, ['members']);
  keepsTheMemberStoreContract(`PostgreSQL ${version}`, async () => {
    const { database, tenant, other } = await installed();
    return { store: makeSqlMemberStore({ database, clock }), tenant, other, renewals: version !== '1.0.0' };
  });
}
