import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Calendar, Event } from '../domain/event.ts';

/** Events come by their start, and by id where they start together. */
export interface EventPage {
  readonly limit: number;
  /** The last event seen. */
  readonly after?: Pick<Event, 'id' | 'startsAt'> | undefined;
  /** Events that start at this instant or later. */
  readonly from: Date;
  /** Events that start before it. */
  readonly to?: Date | undefined;
  readonly calendarId?: string | undefined;
}

/** Within one transaction. */
export interface CalendarChanges {
  /** Held until the transaction ends, so that nobody removes it meanwhile. */
  readonly calendar: (id: string) => Promise<Calendar | undefined>;
  /** False, and nothing added, when the name is taken. */
  readonly addCalendar: (calendar: Calendar) => Promise<boolean>;
  readonly addEvent: (event: Event) => Promise<void>;
}

/** The calendars of a tenant, in its own database. Rejects with Contended or Unavailable. */
export interface CalendarStore {
  /** By name; at most 100. */
  readonly calendars: (tenant: TenantRef) => Promise<readonly Calendar[]>;
  readonly event: (tenant: TenantRef, id: string) => Promise<Event | undefined>;
  readonly events: (tenant: TenantRef, page: EventPage) => Promise<readonly Event[]>;
  /**
   * One transaction. With a key, an answer given before is given again and `work` is not run; a key that came with another
   * body before rejects with Refused. Answers are JSON.
   */
  readonly change: <Answer>(
    tenant: TenantRef,
    key: IdempotencyKey | undefined,
    work: (changes: CalendarChanges) => Promise<Answer>,
  ) => Promise<Answer>;
}
