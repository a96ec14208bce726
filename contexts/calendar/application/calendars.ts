import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { Refused } from '../../shared/domain/errors.ts';
import { calendarNotFound, eventNotFound, type NewEvent, nameTaken, planEvent } from '../domain/event.ts';
import { type CalendarView, type EventView, viewCalendar, viewEvent } from './calendar-view.ts';
import type { CalendarStore, EventPage } from './ports.ts';

export interface CalendarPorts {
  readonly store: CalendarStore;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** For whom, and by whom; with a key, the same command once more gets the same answer. */
export interface Command {
  readonly tenant: TenantRef;
  readonly by: string;
  readonly key?: IdempotencyKey | undefined;
}

export const makeOpenCalendar =
  ({ store, newId }: CalendarPorts) =>
  ({ tenant, by, key }: Command, name: string): Promise<CalendarView> =>
    store.change(tenant, key, async (changes) => {
      const calendar = { id: newId(), name, createdBy: by };
      if (!(await changes.addCalendar(calendar))) throw new Refused(nameTaken(name));
      return viewCalendar(calendar);
    });

export const makePlanEvent =
  ({ store, newId }: CalendarPorts) =>
  ({ tenant, by, key }: Command, given: Omit<NewEvent, 'id' | 'createdBy'>): Promise<EventView> =>
    store.change(tenant, key, async (changes) => {
      if ((await changes.calendar(given.calendarId)) === undefined) throw new Refused(calendarNotFound);
      const event = planEvent({ ...given, id: newId(), createdBy: by });
      if ('reason' in event) throw new Refused(event);
      await changes.addEvent(event);
      return viewEvent(event);
    });

export const makeReadEvent =
  ({ store }: CalendarPorts) =>
  async (tenant: TenantRef, id: string): Promise<EventView> => {
    const event = await store.event(tenant, id);
    if (event === undefined) throw new Refused(eventNotFound);
    return viewEvent(event);
  };

export const makeListEvents =
  ({ store, clock }: CalendarPorts) =>
  async (tenant: TenantRef, { from, ...page }: Omit<EventPage, 'from'> & { readonly from?: Date | undefined }) =>
    (await store.events(tenant, { ...page, from: from ?? clock.now() })).map(viewEvent);

export const makeListCalendars =
  ({ store }: CalendarPorts) =>
  async (tenant: TenantRef): Promise<readonly CalendarView[]> =>
    (await store.calendars(tenant)).map(viewCalendar);
