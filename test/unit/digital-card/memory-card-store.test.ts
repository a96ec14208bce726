import { keepsTheCardStoreContract } from '../../support/card-store-contract.ts';
import { makeMemoryCardStore } from '../../support/memory-card-store.ts';

keepsTheCardStoreContract('in-memory', async () => ({
  store: makeMemoryCardStore({ id: '01K0000000000000000000TEMP', name: 'Standard', layout: {}, isDefault: true }),
  tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
  other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
}));
