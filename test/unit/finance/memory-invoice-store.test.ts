import { keepsTheInvoiceStoreContract } from '../../support/invoice-store-contract.ts';
import { makeMemoryInvoiceStore } from '../../support/memory-invoice-store.ts';

const terms = { id: '01K0000000000000000000TERM', name: 'Within 30 days', days: 30, isDefault: true };

for (const namesCards of [true, false])
  keepsTheInvoiceStoreContract(`in-memory ${namesCards ? '2.0.0' : '1.0.0'}`, async () => ({
    store: makeMemoryInvoiceStore(terms, { namesCards }),
    tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
    other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
    namesCards,
  }));
