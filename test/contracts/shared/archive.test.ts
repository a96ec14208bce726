import { describe, expect, test } from '@jest/globals';
import { countRows } from '../../../contexts/shared/adapters/row-counts.ts';
import { RestorePointAnswer } from '../../../contexts/shared/domain/migrator-contract.ts';
import { targetOf } from '../../support/migrator-bench.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { addColumn, dropName, shop, shopOf } from '../../support/shop.ts';
import { shopState } from '../../support/shop-life.ts';
import { startStand, type TenantStand } from '../../support/tenant-stand.ts';

const { aTenant, job, other } = startStand();
const third = '01K0000000000000000000J0B3';

/** Installed at 1.0.0 by another job; this one holds the fence 2. */
const installed = async (): Promise<TenantStand> => {
  const tenant = await aTenant();
  await tenant.letIn('shop', 1);
  await tenant.bench(shop()).all('migrateForTenant', { id: other, fence: 1, to: '1.0.0' });
  await tenant.letIn('shop', 2);
  return tenant;
};
const mine = { id: job, fence: 2, from: '1.0.0' };
const next = { id: third, fence: 3, from: '1.0.0' };

const archived = async (): Promise<TenantStand> => {
  const tenant = await installed();
  await tenant.bench(shop()).slice('archiveForTenant', mine);
  await tenant.letIn('shop', 3);
  return tenant;
};

const appCounts = ({ tenant }: TenantStand, table: string) =>
  makePgDatabase(tenant.app)
    .query({ sql: `SELECT count(*)::int AS n FROM ${table}`, parameters: [] })
    .then(({ rows }) => rows[0]?.['n']);

describe('Archiving a module', () => {
  test('puts its schema aside with all rows, out of the application’s reach, and keeps the fence', async () => {
    const tenant = await installed();
    expect(await appCounts(tenant, 'shop.items')).toBe(25);
    expect(await tenant.bench(shop()).slice('archiveForTenant', mine)).toEqual({ contract: 1, done: true, applied: 0, total: 0 });
    const { rows } = await shopState(tenant);
    expect(Object.keys(rows)).toEqual(['shop__a1._ledger', 'shop__a1.items', 'platform.fence', 'platform.past_fences']);
    expect(rows['shop__a1.items']).toHaveLength(25);
    expect(rows['shop__a1._ledger']).toContainEqual(expect.objectContaining({ entry: 'archive@1', kind: 'archive', job, number: null }));
    await expect(appCounts(tenant, 'shop__a1.items')).rejects.toMatchObject({ facts: { sqlState: '42501' } });
  });

  test('is done once, however often and by however many it is asked for', async () => {
    const tenant = await installed();
    const { slice } = tenant.bench(shop());
    await Promise.all([1, 2, 3].map(() => slice('archiveForTenant', mine)));
    const before = await shopState(tenant);
    await slice('archiveForTenant', mine);
    expect(await shopState(tenant)).toEqual(before);
  });

  test('is a defect where the number is taken by another job, or there is nothing to archive', async () => {
    const tenant = await archived();
    const { slice, all } = tenant.bench(shop());
    await expect(slice('archiveForTenant', { ...next, archive: 2 })).rejects.toThrow('there is no schema shop to archive');
    await expect(slice('archiveForTenant', next)).rejects.toThrow('shop__a1 stands already');
    await all('migrateForTenant', { id: third, fence: 3, to: '1.0.0' });
    const before = await shopState(tenant);
    await expect(slice('archiveForTenant', next)).rejects.toMatchObject({ name: 'Defect', facts: { schema: 'shop__a1', job } });
    expect(await shopState(tenant)).toEqual(before);
  });
});

describe('Restoring an archive', () => {
  test('leaves the module as it was, but for the trace in the ledger', async () => {
    const tenant = await installed();
    const before = await shopState(tenant);
    const { slice } = tenant.bench(shop());
    await slice('archiveForTenant', mine);
    await tenant.letIn('shop', 3);
    await slice('restoreForTenant', next);
    const after = await shopState(tenant);
    expect(after.structure).toEqual(before.structure);
    expect(after.rows['shop.items']).toEqual(before.rows['shop.items']);
    expect(after.rows['shop._ledger']).toEqual([
      ...(before.rows['shop._ledger'] ?? []),
      expect.objectContaining({ entry: 'restored@1', kind: 'restore', job: third }),
    ]);
    expect(await appCounts(tenant, 'shop.items')).toBe(25);
    await slice('restoreForTenant', next);
    expect(await shopState(tenant)).toEqual(after);
  });

  test('is refused while the module stands again, and changes nothing', async () => {
    const tenant = await archived();
    const { slice, all } = tenant.bench(shop());
    await all('migrateForTenant', { id: third, fence: 3, to: '1.0.0' });
    const before = await shopState(tenant);
    await expect(slice('restoreForTenant', next)).rejects.toMatchObject({
      name: 'Defect',
      message: expect.stringContaining('uninstall the module before its archive comes back'),
    });
    expect(await shopState(tenant)).toEqual(before);
  });

  test('is a defect where there is no archive, or only something of that name', async () => {
    const tenant = await archived();
    await expect(tenant.bench(shop()).slice('restoreForTenant', { ...next, archive: 2 })).rejects.toThrow('there is no archive shop__a2');
    await tenant.database.query({ sql: 'CREATE SCHEMA shop__a2', parameters: [] });
    await expect(tenant.bench(shop()).slice('restoreForTenant', { ...next, archive: 2 })).rejects.toThrow('shop__a2 is no archive');
  });

  test('may be followed by another archive, and that by another restore', async () => {
    const tenant = await archived();
    const { slice } = tenant.bench(shop());
    await slice('restoreForTenant', next);
    await tenant.letIn('shop', 4);
    await slice('archiveForTenant', { id: job, fence: 4, archive: 2 });
    await tenant.letIn('shop', 5);
    await slice('restoreForTenant', { id: third, fence: 5, archive: 2 });
    const { rows } = await shopState(tenant);
    expect(rows['shop._ledger']?.map(({ entry }) => entry)).toEqual(expect.arrayContaining(['restored@1', 'restored@2']));
    expect(rows['shop.items']).toHaveLength(25);
  });
});

describe('Rolling back', () => {
  test('an archive brings back what this job put aside, exactly, and may be repeated', async () => {
    const tenant = await installed();
    const before = await shopState(tenant);
    const { slice } = tenant.bench(shop());
    const undo = { ...mine, undo: 'archive' } as const;
    await slice('rollbackForTenant', undo);
    expect(await shopState(tenant)).toEqual(before);
    await slice('archiveForTenant', mine);
    for (let n = 0; n < 2; n += 1) {
      expect(await slice('rollbackForTenant', undo)).toEqual({ contract: 1, done: true, applied: 1, total: 1 });
      expect(await shopState(tenant)).toEqual(before);
    }
  });

  test('an archive leaves another job’s archive alone', async () => {
    const tenant = await archived();
    const before = await shopState(tenant);
    await tenant.bench(shop()).slice('rollbackForTenant', { ...next, undo: 'archive' });
    expect(await shopState(tenant)).toEqual(before);
  });

  test('a restore undoes its migrations, slice by slice, and archives again, exactly as it was', async () => {
    const tenant = await archived();
    const before = await shopState(tenant);
    const upgraded = shop(addColumn(2, 'colour'), addColumn(3, 'size'));
    const sliced = tenant.bench(upgraded, 0);
    await sliced.slice('restoreForTenant', next);
    await sliced.all('migrateForTenant', { ...next, to: '2.0.0' });
    const undo = { ...next, undo: 'restore' } as const;
    expect(await sliced.all('rollbackForTenant', undo)).toMatchObject([{ done: false }, { done: true, applied: 1, total: 1 }]);
    expect(await shopState(tenant)).toEqual(before);
    await sliced.slice('rollbackForTenant', undo);
    expect(await shopState(tenant)).toEqual(before);
  });

  test('a restore leaves alone what another job restored', async () => {
    const tenant = await archived();
    const { slice } = tenant.bench(shop());
    await slice('restoreForTenant', next);
    await tenant.letIn('shop', 4);
    const before = await shopState(tenant);
    await slice('rollbackForTenant', { id: job, fence: 4, from: '1.0.0', undo: 'restore' });
    expect(await shopState(tenant)).toEqual(before);
  });

  test('a restore is refused once its contract migrations have run', async () => {
    const tenant = await archived();
    const narrowing = tenant.bench(shop(dropName(2)));
    await narrowing.slice('restoreForTenant', next);
    await narrowing.all('migrateForTenant', { ...next, to: '2.0.0', phase: 'contract' });
    await expect(narrowing.slice('rollbackForTenant', { ...next, undo: 'restore' })).rejects.toThrow('only goes forward');
  });

  test('an install over an archive drops what it made, and keeps the archive and its fence', async () => {
    const tenant = await archived();
    const before = await shopState(tenant);
    const { slice, all } = tenant.bench(shop());
    await all('migrateForTenant', { id: third, fence: 3, to: '1.0.0' });
    for (let n = 0; n < 2; n += 1) {
      await slice('rollbackForTenant', { id: third, fence: 3, from: null });
      expect(await shopState(tenant)).toEqual(before);
    }
  });
});

describe('A worker that holds a lower token', () => {
  test.each([
    ['it archives', 'archiveForTenant', undefined],
    ['it restores', 'restoreForTenant', undefined],
    ['it purges', 'purgeForTenant', undefined],
    ['it downgrades', 'downgradeForTenant', undefined],
    ['it undoes an archive', 'rollbackForTenant', 'archive'],
    ['it undoes a restore', 'rollbackForTenant', 'restore'],
  ] as const)('is stopped before %s', async (_what, operation, undo) => {
    const tenant = await archived();
    const before = await shopState(tenant);
    const late = { ...mine, ...(undo === undefined ? {} : { undo }) };
    await expect(tenant.bench(shop()).slice(operation, { ...late, to: '1.0.0' })).rejects.toMatchObject({
      name: 'Refused',
      refusal: { reason: 'superseded' },
    });
    expect(await shopState(tenant)).toEqual(before);
  });
});

describe('A restore point', () => {
  const point = async ({ tenant, bench }: TenantStand, archive?: number) =>
    RestorePointAnswer.parse(
      await bench(shopOf([[]])).send({
        operation: 'restorePoint',
        contract: 1,
        module: 'shop',
        jobId: job,
        attempt: 1,
        fence: 2,
        target: targetOf(tenant),
        archive,
      }),
    );

  test('says what stands, and where the log and the clock do', async () => {
    const tenant = await installed();
    const before = await tenant.snapshot();
    const first = await point(tenant);
    expect(first).toMatchObject({ contract: 1, rowCounts: { items: 25 }, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(first.lsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    expect(Math.abs(Date.parse(first.at) - Date.now())).toBeLessThan(60_000);
    expect(await tenant.snapshot()).toEqual(before);
    await tenant.database.query({ sql: 'ALTER TABLE shop.items ADD COLUMN more text', parameters: [] });
    expect((await point(tenant)).fingerprint).not.toBe(first.fingerprint);
  });

  test('does not count for ever: after a while it takes the planner’s numbers, and says so', async () => {
    const { database } = await installed();
    for (const sql of [`INSERT INTO shop.items SELECT n FROM generate_series(26, 300000) n`, 'ANALYZE shop.items'])
      await database.query({ sql, parameters: [] });
    expect(await countRows(database, 'shop')).toEqual({ counts: { 'shop._ledger': 1, 'shop.items': 300_000 } });
    const hasty = await countRows(database, 'shop', 1);
    expect(hasty).toMatchObject({ estimated: true, counts: { 'shop._ledger': expect.any(Number) } });
    expect(Math.abs((hasty.counts['shop.items'] ?? 0) - 300_000)).toBeLessThan(3_000);
  });

  test('of an archive is asked for by its number', async () => {
    const tenant = await archived();
    expect(await point(tenant)).toMatchObject({ rowCounts: {} });
    expect(await point(tenant, 1)).toMatchObject({ rowCounts: { items: 25 } });
  });
});
