import { makeSqlCalendarStore } from '../../../contexts/calendar/adapters/sql-calendar-store.ts';
import { declaration } from '../../../contexts/calendar/migrator.ts';
import { keepsTheCalendarStoreContract } from '../../support/calendar-store-contract.ts';
import { installedOnce } from '../../support/installed-module.ts';
import { startStand } from '../../support/tenant-stand.ts';

const clock = { now: () => new Date('2026-01-01T00:00:00Z') };
const installed = installedOnce(startStand(), declaration, '1.0.0', ['events', 'calendars']);

keepsTheCalendarStoreContract('PostgreSQL', async () => {
  const { database, tenant, other } = await installed();
  const store = makeSqlCalendarStore({ database, clock });
  for (const one of [tenant, other])
    await store.change(one, undefined, (changes) =>
      changes.addCalendar({ id: '00000000000000000000000001', name: 'acme', createdBy: 'job' }),
    );
  return { store, tenant, other };
});
