import type { TableBlueprint } from '../shared/application/blueprint.ts';

/** Settings that hold for all tenants; none of its rows is about one of them. */
export const globalConfig: TableBlueprint = {
  name: 'calendar_global_config',
  scope: 'landlord',
  columns: {
    key: { type: 'text' },
    value: { type: 'jsonb' },
    updated_at: { type: 'timestamp with time zone', default: 'now()' },
  },
  primaryKey: ['key'],
};

export const calendars: TableBlueprint = {
  name: 'calendars',
  scope: 'tenant',
  columns: {
    id: { type: 'text' },
    name: { type: 'text' },
    created_at: { type: 'timestamp with time zone', default: 'now()' },
    created_by: { type: 'text' },
  },
  primaryKey: ['id'],
  indexes: [{ name: 'calendars_by_name', on: ['name'], unique: true }],
  checks: { calendars_id_is_a_ulid: 'length(id) = 26' },
};

export const events: TableBlueprint = {
  name: 'events',
  scope: 'tenant',
  columns: {
    id: { type: 'text' },
    calendar_id: { type: 'text' },
    title: { type: 'text' },
    location: { type: 'text', nullable: true },
    organiser: { type: 'text', nullable: true },
    starts_at: { type: 'timestamp with time zone' },
    ends_at: { type: 'timestamp with time zone' },
    created_by: { type: 'text' },
  },
  primaryKey: ['id'],
  indexes: [
    { name: 'events_by_start', on: ['starts_at', 'id'] },
    { name: 'events_by_calendar', on: ['calendar_id', 'starts_at'] },
  ],
  foreignKeys: [{ columns: ['calendar_id'], table: 'calendars', references: ['id'], onDelete: 'CASCADE' }],
  checks: { events_id_is_a_ulid: 'length(id) = 26', events_end_after_start: 'ends_at > starts_at' },
};
