import { keepsTheMemberStoreContract } from '../../support/member-store-contract.ts';
import { makeMemoryMemberStore } from '../../support/memory-member-store.ts';

keepsTheMemberStoreContract('in-memory', async () => ({
  store: makeMemoryMemberStore({ id: '01K0000000000000000000RANK', name: 'Member', isDefault: true }),
  tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
  other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
}));
