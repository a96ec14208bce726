import type { CalendarStore } from '../../contexts/calendar/application/ports.ts';
import type { Calendar, Event } from '../../contexts/calendar/domain/event.ts';
import { makeMemoryTenantTables } from './memory-tenant-tables.ts';

interface Tables {
  readonly calendars: Calendar[];
  readonly events: Map<string, Event>;
}

/** The calendars of some tenants in memory. */
export const makeMemoryCalendarStore = (first: Calendar): CalendarStore => {
  const { of, change } = makeMemoryTenantTables<Tables>({ calendars: [first], events: new Map() });
  return {
    calendars: async (tenant) => of(tenant).calendars.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    event: async (tenant, id) => of(tenant).events.get(id),
    events: async (tenant, { limit, after, from, to, calendarId }) =>
      [...of(tenant).events.values()]
        .filter(({ startsAt }) => startsAt >= from && (to === undefined || startsAt < to))
        .filter((event) => calendarId === undefined || event.calendarId === calendarId)
        .filter((event) => after === undefined || place(event) > place(after))
        .toSorted((a, b) => (place(a) < place(b) ? -1 : 1))
        .slice(0, limit),
    change: (tenant, key, work) =>
      change(tenant, key, (draft) =>
        work({
          calendar: async (id) => draft.calendars.find((calendar) => calendar.id === id),
          addCalendar: async (calendar) => {
            const taken = draft.calendars.some(({ name }) => name === calendar.name);
            if (!taken) draft.calendars.push(calendar);
            return !taken;
          },
          addEvent: async (event) => void draft.events.set(event.id, event),
        }),
      ),
  };
};

const place = ({ startsAt, id }: Pick<Event, 'startsAt' | 'id'>): string => `${startsAt.toISOString()} ${id}`;
