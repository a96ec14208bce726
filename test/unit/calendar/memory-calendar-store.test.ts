import { keepsTheCalendarStoreContract } from '../../support/calendar-store-contract.ts';
import { makeMemoryCalendarStore } from '../../support/memory-calendar-store.ts';

keepsTheCalendarStoreContract('in-memory', async () => ({
  store: makeMemoryCalendarStore({ id: '00000000000000000000000001', name: 'acme', createdBy: 'job' }),
  tenant: { id: '01K0000000000000000000TEN1', slug: 'acme' },
  other: { id: '01K0000000000000000000TEN2', slug: 'globex' },
}));
