import { makeSqlInvoiceStore } from '../../../contexts/finance/adapters/sql-invoice-store.ts';
import { declaration } from '../../../contexts/finance/migrator.ts';
import { installedOnce } from '../../support/installed-module.ts';
import { keepsTheInvoiceStoreContract } from '../../support/invoice-store-contract.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const clock = { now: () => new Date('2026-01-01T00:00:00Z') };

for (const { version } of declaration.manifest.versions) {
  const installed = installedOnce(stand, declaration, version, ['invoices', 'payments']);
  keepsTheInvoiceStoreContract(`PostgreSQL ${version}`, async () => {
    const { database, tenant, other } = await installed();
    return { store: makeSqlInvoiceStore({ database, clock }), tenant, other, namesCards: version !== '1.0.0' };
  });
}
