import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/calendar/migrator.ts';
import { exactRowCounts } from '../../../contexts/shared/adapters/schema-fingerprint.ts';
import { CONTRACT } from '../../../contexts/shared/domain/migrator-contract.ts';
import { makeMigratorBench, targetOf } from '../../support/migrator-bench.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { aTenant, landlord, job } = startStand();

const installed = async () => {
  const { tenant, database, letIn, bench } = await aTenant();
  await letIn('calendar', 1);
  const migrator = bench(declaration);
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
  return { tenant, migrator, rows, verify };
};

describe('Installing calendar', () => {
  test('opens a first calendar that is named after the tenant, once, however often the hook runs', async () => {
    const { tenant, migrator, rows } = await installed();
    for (let n = 0; n < 3; n += 1) await migrator.slice('postInstall', { id: job, fence: 1 });
    expect(await rows('SELECT name, created_by FROM calendar.calendars')).toEqual([
      { name: tenant.slug, created_by: `${job}:postInstall` },
    ]);
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
