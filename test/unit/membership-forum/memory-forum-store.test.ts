import { keepsTheForumStoreContract } from '../../support/forum-store-contract.ts';
import { makeMemoryForumStore } from '../../support/memory-forum-store.ts';

keepsTheForumStoreContract('in-memory', async () => ({
  store: makeMemoryForumStore(),
  tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
  other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
}));
