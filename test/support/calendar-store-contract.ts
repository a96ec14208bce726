import { beforeEach, describe, expect, test } from '@jest/globals';
import type { CalendarStore, EventPage } from '../../contexts/calendar/application/ports.ts';
import type { Calendar, Event } from '../../contexts/calendar/domain/event.ts';
import type { TenantRef } from '../../contexts/shared/application/route.ts';
import { keepsTheTransactionContract } from './transaction-contract.ts';

export interface CalendarStoreUnderTest {
  readonly store: CalendarStore;
  /** Two tenants that have the module, each with one calendar and no events. */
  readonly tenant: TenantRef;
  readonly other: TenantRef;
}

const hour = (n: number) => new Date(Date.UTC(2026, 0, 1, n));
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;

const anEvent = (n: number, calendarId: string, more: Partial<Event> = {}): Event => ({
  id: id(n),
  calendarId,
  title: 'Rehearsal "B" – O’Neil',
  startsAt: hour(n),
  endsAt: hour(n + 1),
  createdBy: 'ada',
  ...more,
});

/** What every CalendarStore keeps, in memory or in PostgreSQL. */
export const keepsTheCalendarStoreContract = (name: string, open: () => Promise<CalendarStoreUnderTest>): void => {
  describe(`The ${name} calendar store`, () => {
    let under: CalendarStoreUnderTest;
    let first: Calendar | undefined;
    beforeEach(async () => {
      under = await open();
      [first] = await under.store.calendars(under.tenant);
    });
    const plan = (n: number, more: Partial<Event> = {}) => anEvent(n, first?.id ?? '', more);
    const add = (...events: readonly Event[]) =>
      under.store.change(under.tenant, undefined, async (changes) => {
        for (const event of events) await changes.addEvent(event);
      });
    const openCalendar = (n: number, calendarName: string) =>
      under.store.change(under.tenant, undefined, (changes) => changes.addCalendar({ id: id(n), name: calendarName, createdBy: 'ada' }));

    test('gives an event back as it was put in', async () => {
      const whole = plan(1, { location: 'Hall', organiser: 'M-1' });
      await add(whole, plan(2));
      expect(await under.store.event(under.tenant, id(1))).toEqual(whole);
      expect(await under.store.event(under.tenant, id(2))).toEqual(plan(2));
      expect(await under.store.event(under.tenant, id(9))).toBeUndefined();
    });

    test('lists the events that start in a period, the first first, and goes on after one of several that start together', async () => {
      await openCalendar(50, 'zumba');
      await add(plan(3), plan(1), plan(2, { startsAt: hour(1) }), plan(4, { calendarId: id(50) }));
      const ids = async (page: Partial<EventPage>) =>
        (await under.store.events(under.tenant, { limit: 9, from: hour(0), ...page })).map((event) => event.id);
      expect(await ids({})).toEqual([id(1), id(2), id(3), id(4)]);
      expect(await ids({ from: hour(3) })).toEqual([id(3), id(4)]);
      expect(await ids({ to: hour(3) })).toEqual([id(1), id(2)]);
      expect(await ids({ limit: 2 })).toEqual([id(1), id(2)]);
      expect(await ids({ limit: 2, after: { startsAt: hour(1), id: id(1) } })).toEqual([id(2), id(3)]);
      expect(await ids({ calendarId: id(50) })).toEqual([id(4)]);
    });

    test('opens no second calendar of a name, and lists them by name', async () => {
      expect([await openCalendar(50, 'zumba'), await openCalendar(51, 'zumba'), await openCalendar(52, '0 to 9')]).toEqual([
        true,
        false,
        true,
      ]);
      const names = (await under.store.calendars(under.tenant)).map((calendar) => calendar.name);
      expect(names).toEqual(['0 to 9', first?.name, 'zumba']);
    });

    test('finds a calendar in the transaction that plans an event in it', async () => {
      const found = await under.store.change(under.tenant, undefined, async (changes) => [
        await changes.calendar(first?.id ?? ''),
        (await changes.calendar(id(99))) ?? null,
      ]);
      expect(found).toEqual([first, null]);
    });

    keepsTheTransactionContract(async () => ({
      tenant: under.tenant,
      other: under.other,
      add: (tenant, key, n, then) =>
        under.store.change(tenant, key, async (changes) => {
          await changes.addEvent(plan(n));
          return then();
        }),
      has: async (tenant, n) => (await under.store.event(tenant, id(n))) !== undefined,
    }));
  });
};
