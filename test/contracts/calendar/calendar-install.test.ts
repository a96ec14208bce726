import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/calendar/migrator.ts';
import { exactRowCounts } from '../../../contexts/shared/adapters/schema-fingerprint.ts';
import type { ModuleEvent } from '../../../contexts/shared/application/announcement.ts';
import { CONTRACT } from '../../../contexts/shared/domain/migrator-contract.ts';
import { makeMigratorBench, targetOf } from '../../support/migrator-bench.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { aTenant, landlord, job } = startStand();

const installed = async (configuration = {}) => {
  const events: ModuleEvent[] = [];
  const { tenant, database, letIn, bench } = await aTenant();
  await letIn('calendar', 1);
  const migrator = bench(declaration, undefined, { configuration, tell: async (event) => void events.push(event) });
  await migrator.all('migrateForTenant', { id: job, fence: 1 });
  const rows = async (sql: string) => (await database.query({ sql, parameters: [] })).rows;
  const verify = () =>
    migrator.send({
      operation: 'verify',
      contract: CONTRACT,
      module: 'calendar',
      jobId: job,
      attempt: 1,
      fence: 1,
      target: targetOf(tenant),
      to: '1.0.0',
    });
  return { tenant, migrator, rows, verify, events };
};

describe('Installing calendar', () => {
  test('opens a first calendar that is named after the tenant, once, however often the hook runs', async () => {
    const { tenant, migrator, rows } = await installed();
    for (let n = 0; n < 3; n += 1) await migrator.slice('postInstall', { id: job, fence: 1 });
    expect(await rows('SELECT name, created_by FROM calendar.calendars')).toEqual([
      { name: tenant.slug, created_by: `${job}:calendar:postInstall` },
    ]);
  });

  test('tells that there is one, and in which time zone: one event, however often the hook runs', async () => {
    const { migrator, events } = await installed({ timeZone: 'Europe/Vienna' });
    for (let n = 0; n < 2; n += 1) await migrator.slice('postInstall', { id: job, fence: 1 });
    const facts = { calendarId: '00000000000000000000000001', timeZone: 'Europe/Vienna' };
    expect(events[0]).toMatchObject({ name: 'CalendarOpened', module: 'calendar', version: '1.0.0', jobId: job, facts });
    expect(events.map(({ id }) => id)).toEqual([events[0]?.id, events[0]?.id]);
  });

  test('tells the time zone that the manifest has where the tenant has set none', async () => {
    const { migrator, events } = await installed();
    await migrator.slice('postInstall', { id: job, fence: 1 });
    expect(events[0]?.facts).toMatchObject({ timeZone: 'UTC' });
  });

  test('makes what the blueprint declares, and is told when somebody changes it by hand', async () => {
    const { rows, verify } = await installed();
    expect(await verify()).toMatchObject({ ok: true, problems: [] });
    await rows('DROP INDEX calendar.events_by_start');
    await rows('ALTER TABLE calendar.events ALTER COLUMN location SET NOT NULL');
    expect(await verify()).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        'column events.location is text not null: the blueprint says text',
        'index events_by_start of events is missing: the blueprint says btree (starts_at, id)',
      ]),
    });
  });

  test('makes the settings for all tenants in the landlord database', async () => {
    const database = makePgDatabase(await landlord('calendar'));
    const { tenant } = await aTenant();
    const common = { contract: CONTRACT, module: 'calendar', jobId: job, attempt: 1, fence: 1, to: '1.0.0' } as const;
    const migrator = makeMigratorBench({ declaration, tenant, database });
    const answer = await migrator.send({ operation: 'migrateForLandlord', ...common });
    expect(answer).toEqual({ contract: CONTRACT, done: true, applied: 1, total: 1 });
    expect(await exactRowCounts(database, ['calendar'])).toMatchObject({ 'calendar.calendar_global_config': 0 });
  });
});
