import { makeMemoryProfileStore } from '../../support/memory-profile-store.ts';
import { keepsTheProfileStoreContract } from '../../support/profile-store-contract.ts';

keepsTheProfileStoreContract('in-memory', async () => ({
  store: makeMemoryProfileStore(),
  tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
  other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
}));
