import * as z from 'zod';
import { Ulid } from '../../shared/domain/names.ts';
import type { Calendar, Event } from '../domain/event.ts';

export const CalendarView = z.strictObject({ id: Ulid, name: z.string() });
export type CalendarView = z.infer<typeof CalendarView>;

/** An event as the API shows it. */
export const EventView = z.strictObject({
  id: Ulid,
  calendar: Ulid,
  title: z.string(),
  location: z.string().optional(),
  organiser: z.string().optional(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
});
export type EventView = z.infer<typeof EventView>;

export const viewCalendar = ({ id, name }: Calendar): CalendarView => ({ id, name });

export const viewEvent = ({ id, calendarId, title, location, organiser, startsAt, endsAt }: Event): EventView => ({
  id,
  calendar: calendarId,
  title,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
  ...(location === undefined ? {} : { location }),
  ...(organiser === undefined ? {} : { organiser }),
});
