import { keepsTheMemberStoreContract } from '../../support/member-store-contract.ts';
import { makeMemoryMemberStore } from '../../support/memory-member-store.ts';

const level = { id: '01K0000000000000000000RANK', name: 'Member', isDefault: true };

for (const renewals of [true, false])
  keepsTheMemberStoreContract(`in-memory ${renewals ? '1.1.0' : '1.0.0'}`, async () => ({
    store: makeMemoryMemberStore(level, { renewals }),
    tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
    other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
    renewals,
  }));
