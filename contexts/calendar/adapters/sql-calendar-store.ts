import type { Kysely } from 'kysely';
import { onceForKey } from '../../shared/adapters/idempotency.ts';
import { kyselyOver, type Queryable } from '../../shared/application/database.ts';
import type { ModuleApiPorts } from '../../shared/application/route.ts';
import type { CalendarChanges, CalendarStore, EventPage } from '../application/ports.ts';
import type { Calendar, Event } from '../domain/event.ts';

/** The module's tables as this version of the code writes and reads them. */
interface CalendarTables {
  readonly calendars: CalendarRow;
  readonly events: EventRow;
}

interface CalendarRow {
  readonly id: string;
  readonly name: string;
  readonly created_by: string;
}

interface EventRow {
  readonly id: string;
  readonly calendar_id: string;
  readonly title: string;
  readonly location: string | null;
  readonly organiser: string | null;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly created_by: string;
}

const schema = 'calendar';

/** Calendars in the tenant's own database, in the schema of the module. */
export const makeSqlCalendarStore = ({ database, clock }: Pick<ModuleApiPorts, 'database' | 'clock'>): CalendarStore => ({
  calendars: async (tenant) => {
    const rows = await tables(database(tenant)).selectFrom('calendars').selectAll().orderBy('name').limit(100).execute();
    return rows.map(toCalendar);
  },
  event: async (tenant, id) => {
    const row = await tables(database(tenant)).selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toEvent(row);
  },
  events: async (tenant, page) => (await listed(database(tenant), page)).map(toEvent),
  change: (tenant, key, work) =>
    database(tenant).transaction((transaction) =>
      onceForKey({ transaction, scope: schema, key, at: clock.now(), work: () => work(changes(transaction)) }),
    ),
});

const tables = (queryable: Queryable): Kysely<CalendarTables> => kyselyOver<CalendarTables>(queryable).withSchema(schema);

const listed = (database: Queryable, { limit, after, from, to, calendarId }: EventPage): Promise<readonly EventRow[]> => {
  let query = tables(database).selectFrom('events').selectAll().where('starts_at', '>=', from);
  if (to !== undefined) query = query.where('starts_at', '<', to);
  if (calendarId !== undefined) query = query.where('calendar_id', '=', calendarId);
  if (after !== undefined)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('starts_at', 'id'), '>', tuple(after.startsAt, after.id)));
  return query.orderBy('starts_at').orderBy('id').limit(limit).execute();
};

const changes = (transaction: Queryable): CalendarChanges => {
  const db = tables(transaction);
  return {
    calendar: async (id) => {
      const row = await db.selectFrom('calendars').selectAll().where('id', '=', id).forShare().executeTakeFirst();
      return row === undefined ? undefined : toCalendar(row);
    },
    addCalendar: async ({ id, name, createdBy }) => {
      const insert = db.insertInto('calendars').values({ id, name, created_by: createdBy });
      const { numInsertedOrUpdatedRows } = await insert.onConflict((taken) => taken.column('name').doNothing()).executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    addEvent: async (event) => {
      await db.insertInto('events').values(toRow(event)).execute();
    },
  };
};

const toCalendar = ({ id, name, created_by }: CalendarRow): Calendar => ({ id, name, createdBy: created_by });

const toRow = (event: Event): EventRow => ({
  id: event.id,
  calendar_id: event.calendarId,
  title: event.title,
  location: event.location ?? null,
  organiser: event.organiser ?? null,
  starts_at: event.startsAt,
  ends_at: event.endsAt,
  created_by: event.createdBy,
});

const toEvent = ({ id, calendar_id, title, location, organiser, starts_at, ends_at, created_by }: EventRow): Event => ({
  id,
  calendarId: calendar_id,
  title,
  startsAt: starts_at,
  endsAt: ends_at,
  createdBy: created_by,
  ...(location === null ? {} : { location }),
  ...(organiser === null ? {} : { organiser }),
});
