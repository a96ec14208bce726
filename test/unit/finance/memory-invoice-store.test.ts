import { keepsTheInvoiceStoreContract } from '../../support/invoice-store-contract.ts';
import { makeMemoryInvoiceStore } from '../../support/memory-invoice-store.ts';

keepsTheInvoiceStoreContract('in-memory', async () => ({
  store: makeMemoryInvoiceStore({ id: '01K0000000000000000000TERM', name: 'Within 30 days', days: 30, isDefault: true }),
  tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
  other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
}));
