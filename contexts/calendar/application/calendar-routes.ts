import * as z from 'zod';
import { pageView } from '../../shared/application/newest-first.ts';
import { defineRoute, type Route, type RouteRequest, readers, type TenantRef, writers } from '../../shared/application/route.ts';
import { line } from '../../shared/application/texts.ts';
import { Ulid } from '../../shared/domain/names.ts';
import { CalendarView, EventView } from './calendar-view.ts';
import {
  type CalendarPorts,
  type Command,
  makeListCalendars,
  makeListEvents,
  makeOpenCalendar,
  makePlanEvent,
  makeReadEvent,
} from './calendars.ts';
import { EventCursor, eventCursor } from './event-cursor.ts';

/** The API of calendar. Whether the module is installed for the tenant was asked before any of this runs. */
export const calendarRoutes = (ports: CalendarPorts): readonly Route[] => [
  openCalendar(ports),
  listCalendars(ports),
  planEvent(ports),
  listEvents(ports),
  readEvent(ports),
];

const tags = ['Calendar'];
const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const commandOf = ({ tenant, caller, idempotency }: RouteRequest<TenantRef>): Command => ({ tenant, by: caller.subject, key: idempotency });

const openCalendar = (ports: CalendarPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/calendars',
    operationId: 'createCalendar',
    summary: 'Open a calendar',
    tags,
    roles: writers,
    body: z.strictObject({ name: line(100) }),
    bodyExample: { name: 'Rehearsals' },
    answers: { 201: { description: 'The calendar.', schema: CalendarView } },
    refusals: { 409: 'There is one of this name.' },
    handle: async (request) => ({ status: 201, body: await makeOpenCalendar(ports)(commandOf(request), request.body.name) }),
  });

const listCalendars = (ports: CalendarPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/calendars',
    operationId: 'listCalendars',
    summary: 'List the calendars',
    tags,
    roles: readers,
    answers: { 200: { description: 'The first hundred, by name.', schema: z.strictObject({ items: z.array(CalendarView) }) } },
    handle: async ({ tenant }) => ({ status: 200, body: { items: await makeListCalendars(ports)(tenant) } }),
  });

const planEvent = (ports: CalendarPorts): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/events',
    operationId: 'createEvent',
    summary: 'Plan an event',
    tags,
    roles: writers,
    body: z.strictObject({
      calendar: Ulid,
      title: line(200),
      location: line(200).optional(),
      organiser: line(100).optional().describe('The number of a member, where the tenant has membership.'),
      startsAt: Instant,
      endsAt: Instant,
    }),
    bodyExample: {
      calendar: '00000000000000000000000001',
      title: 'General assembly',
      startsAt: '2026-03-01T18:00:00+01:00',
      endsAt: '2026-03-01T20:00:00+01:00',
    },
    answers: { 201: { description: 'The event.', schema: EventView, headers: { location: 'The path of the event.' } } },
    refusals: { 422: 'No such calendar, or an end before the start.' },
    handle: async (request) => {
      const { calendar, ...given } = request.body;
      const event = await makePlanEvent(ports)(commandOf(request), { calendarId: calendar, ...given });
      return { status: 201, body: event, headers: { location: `/api/v1/tenants/${request.tenant.slug}/events/${event.id}` } };
    },
  });

const listEvents = (ports: CalendarPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/events',
    operationId: 'listEvents',
    summary: 'List the events that start in a period, the first first',
    tags,
    roles: readers,
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(100).default(20),
      cursor: EventCursor.optional(),
      from: Instant.optional().describe('Now unless given.'),
      to: Instant.optional(),
      calendar: Ulid.optional(),
    }),
    answers: { 200: { description: 'A page of events; `cursor` is there while more may follow.', schema: pageView(EventView) } },
    handle: async ({ tenant, query: { cursor, calendar, ...period } }) => {
      const items = await makeListEvents(ports)(tenant, { ...period, after: cursor, calendarId: calendar });
      const last = items.length === period.limit ? items.at(-1) : undefined;
      return { status: 200, body: { items, ...(last === undefined ? {} : { cursor: eventCursor(last) }) } };
    },
  });

const readEvent = (ports: CalendarPorts): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/events/{event}',
    operationId: 'getEvent',
    summary: 'Read an event',
    tags,
    roles: readers,
    params: z.strictObject({ event: Ulid }),
    answers: { 200: { description: 'The event.', schema: EventView } },
    refusals: { 404: 'No such event.' },
    handle: async ({ tenant, params: { event } }) => ({ status: 200, body: await makeReadEvent(ports)(tenant, event) }),
  });
