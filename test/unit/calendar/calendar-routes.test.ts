import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/calendar/api.ts';
import { calendarRoutes } from '../../../contexts/calendar/application/calendar-routes.ts';
import { EventView } from '../../../contexts/calendar/application/calendar-view.ts';
import { makeMemoryCalendarStore } from '../../support/memory-calendar-store.ts';
import { makeRoutesBench, untouched } from '../../support/routes-bench.ts';

const first = { id: '00000000000000000000000001', name: 'acme', createdBy: 'job' };
const nothing = '01K00000000000000000000099';
const meeting = { calendar: first.id, title: 'Assembly', startsAt: '2026-03-01T18:00:00+01:00', endsAt: '2026-03-01T20:00:00+01:00' };

const anApi = () => {
  const store = makeMemoryCalendarStore(first);
  const { send, time } = makeRoutesBench((ports) => calendarRoutes({ ...ports, store }));
  const plan = async (more: object = {}) => EventView.parse((await send('createEvent', { body: { ...meeting, ...more } })).body);
  const list = async (query: object = {}) => (await send('listEvents', { query })).body as { items: EventView[]; cursor?: string };
  return { send, time, plan, list };
};

describe('The API of calendar', () => {
  test('declares its routes without touching anything, each under its tenant', () => {
    expect(declaration.routes(untouched).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /tenants/{tenant}/calendars',
      'GET /tenants/{tenant}/calendars',
      'POST /tenants/{tenant}/events',
      'GET /tenants/{tenant}/events',
      'GET /tenants/{tenant}/events/{event}',
    ]);
  });

  test('plans an event, answers it in UTC, says where it is, and reads it back', async () => {
    const { send } = anApi();
    const { status, body, headers } = await send('createEvent', { body: { ...meeting, location: ' Hall ', organiser: 'M-1' } });
    const event = EventView.parse(body);
    expect(status).toBe(201);
    expect(event).toMatchObject({ title: 'Assembly', location: 'Hall', organiser: 'M-1', startsAt: '2026-03-01T17:00:00.000Z' });
    expect(headers).toEqual({ location: `/api/v1/tenants/acme/events/${event.id}` });
    expect((await send('getEvent', { params: { event: event.id } })).body).toEqual(event);
  });

  test('refuses a calendar and an event that are not there, and an end that is no later than the start', async () => {
    const { send, plan } = anApi();
    await expect(plan({ calendar: nothing })).rejects.toMatchObject({ refusal: { kind: 'unprocessable', reason: 'calendar-not-found' } });
    await expect(plan({ endsAt: meeting.startsAt })).rejects.toMatchObject({ refusal: { reason: 'event-ends-before-start' } });
    await expect(send('getEvent', { params: { event: nothing } })).rejects.toMatchObject({
      refusal: { kind: 'not-found', reason: 'event-not-found' },
    });
  });

  test('opens a calendar, and none twice of one name', async () => {
    const { send, plan } = anApi();
    const open = () => send('createCalendar', { body: { name: 'Rehearsals' } });
    const { body } = await open();
    await expect(open()).rejects.toMatchObject({
      refusal: { kind: 'conflict', reason: 'calendar-name-taken', facts: { name: 'Rehearsals' } },
    });
    expect((await send('listCalendars')).body).toEqual({ items: [body, { id: first.id, name: 'acme' }] });
    expect(await plan({ calendar: (body as { id: string }).id })).toMatchObject({ calendar: (body as { id: string }).id });
  });

  test('lists what is to come, page by page, or what starts in a period', async () => {
    const { plan, list, time } = anApi();
    const [a, b] = [await plan(), await plan()];
    const late = await plan({ startsAt: '2026-04-01T00:00:00Z', endsAt: '2026-04-02T00:00:00Z' });
    const page = await list({ limit: '2' });
    expect(page.items).toEqual([a, b]);
    const rest = await list({ limit: '2', cursor: page.cursor ?? '' });
    expect(rest).toEqual({ items: [late] });
    time.now = new Date('2026-03-15T00:00:00Z');
    expect((await list()).items).toEqual([late]);
    expect((await list({ from: '2026-01-01T00:00:00Z', to: '2026-03-15T00:00:00Z' })).items).toEqual([a, b]);
    await expect(list({ cursor: 'nonsense' })).rejects.toThrow('is not a cursor that this API gave');
  });

  test('takes no title with a control character', async () => {
    await expect(anApi().plan({ title: 'a\0b' })).rejects.toMatchObject({ issues: [{ path: ['title'] }] });
  });
});
