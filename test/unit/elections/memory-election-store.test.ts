import { keepsTheElectionStoreContract } from '../../support/election-store-contract.ts';
import { makeMemoryElectionStore } from '../../support/memory-election-store.ts';

for (const keepsQuorum of [true, false])
  keepsTheElectionStoreContract(`in-memory ${keepsQuorum ? '1.1.0' : '1.0.0'}`, async () => ({
    store: makeMemoryElectionStore({ keepsQuorum }),
    keepsQuorum,
    tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
    other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
  }));
