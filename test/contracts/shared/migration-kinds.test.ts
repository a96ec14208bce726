import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../../contexts/shared/application/database.ts';
import type { Migration } from '../../../contexts/shared/application/migration.ts';
import { makeMigratorBench } from '../../support/migrator-bench.ts';
import { addColumn, dropName, failing, indexNames, shop, upperNames } from '../../support/shop.ts';
import { startStand, type TenantStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const { aTenant, job, other } = stand;

const atVersionOne = async (): Promise<TenantStand> => {
  const tenant = await aTenant();
  await tenant.letIn('shop', 1);
  await tenant.bench(shop()).all('migrateForTenant', { id: other, fence: 1, to: '1.0.0' });
  await tenant.letIn('shop', 2);
  return tenant;
};

const upgrade = { id: job, fence: 2, to: '2.0.0', from: '1.0.0' };

const indexes = async ({ database }: TenantStand): Promise<readonly unknown[]> =>
  (
    await database.query({
      sql: `SELECT c.relname::text AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relname = 'items_name'`,
      parameters: [],
    })
  ).rows;

/** Until PostgreSQL has somebody wait for a lock. */
const untilWaiting = async ({ tenant }: TenantStand): Promise<void> =>
  stand.superuser(tenant.database, async (client) => {
    for (let n = 0; n < 100; n += 1) {
      const { rowCount } = await client.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1`, [
        tenant.database,
      ]);
      if (rowCount !== 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('nobody waits');
  });

/** A worker that is held up before its index is built, until a newer attempt has the fence. */
const heldBeforeItBuilds = async (tenant: TenantStand) => {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const database: Database = {
    ...tenant.database,
    query: async (statement) => {
      if (statement.sql.startsWith('create index')) {
        reached.resolve();
        await released.promise;
      }
      return tenant.database.query(statement);
    },
  };
  const late = makeMigratorBench({ declaration: shop(indexNames(2)), tenant: tenant.tenant, database }).slice('migrateForTenant', upgrade);
  late.catch(() => undefined);
  await reached.promise;
  await tenant.letIn('shop', 3);
  return { late, goOn: () => released.resolve() };
};

describe('An upgrade that fails', () => {
  test('is undone by the downs of what its job applied, and nothing else', async () => {
    const tenant = await atVersionOne();
    const before = await tenant.snapshot();
    const bench = tenant.bench(shop(addColumn(2, 'colour'), addColumn(3, 'size'), failing(4)), 0);
    await bench.slice('migrateForTenant', upgrade);
    await bench.slice('migrateForTenant', upgrade);
    await expect(bench.slice('migrateForTenant', upgrade)).rejects.toMatchObject({
      name: 'Defect',
      facts: { migration: 4, sqlState: '23505' },
    });
    expect(await bench.all('rollbackForTenant', upgrade)).toEqual([
      { contract: 1, done: false, applied: 1, total: 1 },
      { contract: 1, done: true, applied: 1, total: 1 },
    ]);
    expect(await tenant.snapshot()).toEqual(before);
    expect(await bench.slice('rollbackForTenant', upgrade)).toMatchObject({ done: true, applied: 1 });
  });

  test('leaves nothing at all when its migrations shared a transaction', async () => {
    const tenant = await atVersionOne();
    const before = await tenant.snapshot();
    await expect(tenant.bench(shop(addColumn(2, 'colour'), failing(3))).slice('migrateForTenant', upgrade)).rejects.toMatchObject({
      message: expect.not.stringContaining('secret'),
    });
    expect(await tenant.snapshot()).toEqual(before);
  });
});

describe('A batched migration', () => {
  test('commits each batch with its cursor, and goes on where it was broken off', async () => {
    const tenant = await atVersionOne();
    const bench = tenant.bench(shop(upperNames(2)), 0);
    const answers = await bench.all('migrateForTenant', upgrade);
    expect(answers.map(({ applied, done }) => [applied, done])).toEqual([
      [1, false],
      [1, false],
      [1, false],
      [2, true],
    ]);
    const { rows } = await tenant.database.query({ sql: `SELECT count(*) AS n FROM shop.items WHERE name LIKE 'ITEM%'`, parameters: [] });
    expect(Number(rows[0]?.['n'])).toBe(25);
  });

  test('is undone even when it was broken off half-way', async () => {
    const tenant = await atVersionOne();
    const before = await tenant.snapshot();
    const bench = tenant.bench(shop(upperNames(2)), 0);
    await bench.slice('migrateForTenant', upgrade);
    expect(await bench.slice('rollbackForTenant', upgrade)).toMatchObject({ done: true, applied: 1 });
    expect(await tenant.snapshot()).toEqual(before);
  });

  test('is a defect when its cursor stands still', async () => {
    const tenant = await atVersionOne();
    const still: Migration = { number: 2, name: 'still', kind: 'batched', up: async () => ({ after: 1 }), down: async () => undefined };
    await expect(tenant.bench(shop(still)).all('migrateForTenant', upgrade)).rejects.toMatchObject({
      name: 'Defect',
      message: expect.stringContaining('does not move its cursor'),
    });
  });
});

describe('A concurrent migration', () => {
  test('builds its index, and its rollback drops it', async () => {
    const tenant = await atVersionOne();
    const before = await tenant.snapshot();
    const bench = tenant.bench(shop(indexNames(2), addColumn(3, 'colour')));
    expect(await bench.all('migrateForTenant', upgrade)).toEqual([{ contract: 1, done: true, applied: 3, total: 3 }]);
    expect(await indexes(tenant)).toEqual([{ name: 'items_name', valid: true }]);
    await bench.all('rollbackForTenant', upgrade);
    expect(await indexes(tenant)).toEqual([]);
    expect(await tenant.snapshot()).toEqual(before);
  });

  test('builds an invalid leftover anew', async () => {
    const tenant = await atVersionOne();
    await tenant.bench(shop(indexNames(2))).slice('migrateForTenant', upgrade);
    await stand.superuser(tenant.tenant.database, (client) =>
      client.query(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.items_name'::regclass`),
    );
    await tenant.database.query({ sql: `UPDATE shop._ledger SET applied = false WHERE number = 2`, parameters: [] });
    expect(await tenant.bench(shop(indexNames(2)), 0).all('migrateForTenant', upgrade)).toEqual([
      { contract: 1, done: true, applied: 2, total: 2 },
    ]);
    expect(await indexes(tenant)).toEqual([{ name: 'items_name', valid: true }]);
  });

  test.each([
    ['waits for its table', 'LOCK TABLE shop.items IN SHARE UPDATE EXCLUSIVE MODE'],
    ['waits for a writer', 'UPDATE shop.items SET name = name WHERE id = 1'],
  ])('that still %s when its job is rolled back does not come after it', async (_what, statement) => {
    const tenant = await atVersionOne();
    const before = await tenant.snapshot();
    const bench = tenant.bench(shop(indexNames(2)));
    await stand.superuser(tenant.tenant.database, async (client) => {
      await client.query('BEGIN');
      await client.query(statement);
      const building = bench.slice('migrateForTenant', upgrade).catch((error: unknown) => error);
      await untilWaiting(tenant);
      await tenant.letIn('shop', 3);
      const undoing = bench.all('rollbackForTenant', { ...upgrade, fence: 3 });
      expect(await building).toMatchObject({ name: 'Defect', facts: { sqlState: '57014', migration: 2 } });
      await client.query('ROLLBACK');
      expect((await undoing).at(-1)).toMatchObject({ done: true });
    });
    expect(await indexes(tenant)).toEqual([]);
    expect(await tenant.snapshot()).toEqual(before);
  });

  test('that a worker builds after its job was undone is taken away by that worker', async () => {
    const tenant = await atVersionOne();
    const before = await tenant.snapshot();
    const { late, goOn } = await heldBeforeItBuilds(tenant);
    await tenant.bench(shop(indexNames(2))).all('rollbackForTenant', { ...upgrade, fence: 3 });
    goOn();
    await expect(late).rejects.toMatchObject({ name: 'Refused', refusal: { reason: 'superseded' } });
    expect(await indexes(tenant)).toEqual([]);
    expect(await tenant.snapshot()).toEqual(before);
  });

  test('that a newer attempt has built is left alone by the old worker', async () => {
    const tenant = await atVersionOne();
    const { late, goOn } = await heldBeforeItBuilds(tenant);
    await tenant.bench(shop(indexNames(2))).all('migrateForTenant', { ...upgrade, fence: 3, attempt: 2 });
    goOn();
    await expect(late).rejects.toMatchObject({ name: 'Refused' });
    expect(await indexes(tenant)).toEqual([{ name: 'items_name', valid: true }]);
  });

  test('that fails leaves no invalid index behind once it is rolled back', async () => {
    const tenant = await atVersionOne();
    await tenant.database.query({ sql: `UPDATE shop.items SET name = 'same'`, parameters: [] });
    const before = await tenant.snapshot();
    const bench = tenant.bench(shop(indexNames(2, true)));
    await expect(bench.slice('migrateForTenant', upgrade)).rejects.toMatchObject({
      name: 'Defect',
      facts: { sqlState: '23505', migration: 2 },
    });
    expect(await indexes(tenant)).toEqual([{ name: 'items_name', valid: false }]);
    await bench.all('rollbackForTenant', upgrade);
    expect(await tenant.snapshot()).toEqual(before);
  });
});

describe('A contract migration', () => {
  test('waits for its phase, and then its job only goes forward', async () => {
    const tenant = await atVersionOne();
    const bench = tenant.bench(shop(addColumn(2, 'colour'), dropName(3)), 0);
    expect(await bench.all('migrateForTenant', { ...upgrade, phase: 'expand' })).toMatchObject([{ done: true, applied: 2, total: 3 }]);
    expect(await bench.all('migrateForTenant', { ...upgrade, phase: 'contract' })).toMatchObject([{ done: true, applied: 3 }]);
    await expect(bench.slice('rollbackForTenant', upgrade)).rejects.toMatchObject({
      name: 'Defect',
      message: expect.stringContaining('only goes forward'),
    });
  });

  test('runs in a transaction of its own when no phase is asked for', async () => {
    const tenant = await atVersionOne();
    expect(await tenant.bench(shop(addColumn(2, 'colour'), dropName(3))).all('migrateForTenant', upgrade)).toMatchObject([
      { done: true, applied: 3 },
    ]);
  });
});

describe('The ledger', () => {
  test('refuses a migration that was changed after it ran', async () => {
    const tenant = await atVersionOne();
    await tenant.bench(shop(addColumn(2, 'colour'))).all('migrateForTenant', upgrade);
    const changed = { ...addColumn(2, 'colour'), up: addColumn(2, 'size').up };
    await expect(tenant.bench(shop(changed)).slice('migrateForTenant', upgrade)).rejects.toMatchObject({
      name: 'Defect',
      message: expect.stringContaining('was changed after it ran'),
    });
  });

  test('refuses code that is older than the database', async () => {
    const tenant = await atVersionOne();
    await tenant.bench(shop(addColumn(2, 'colour'))).all('migrateForTenant', upgrade);
    await expect(tenant.bench(shop()).slice('migrateForTenant', upgrade)).rejects.toThrow('which the deployed code does not know');
    await expect(tenant.bench(shop(addColumn(2, 'colour'))).slice('migrateForTenant', { ...upgrade, to: '1.0.0' })).rejects.toThrow(
      'the database is ahead of shop 1.0.0',
    );
    await expect(tenant.bench(shop()).slice('migrateForTenant', { ...upgrade, to: '9.0.0' })).rejects.toThrow('knows no version 9.0.0');
  });
});

describe('A migration of a tenant', () => {
  test.each([
    ['public', 'CREATE TABLE public.mine ()'],
    ['platform', 'CREATE TABLE platform.mine ()'],
    ['the fence of another', `DROP TABLE platform.fence`],
    ['no schema at all', 'CREATE TABLE mine ()'],
  ])('cannot write into %s', async (_where, statement) => {
    const tenant = await atVersionOne();
    const before = await tenant.snapshot();
    const stray: Migration = {
      number: 2,
      name: 'stray',
      kind: 'transactional',
      up: (db) => sql.raw(statement).execute(db),
      down: async () => undefined,
    };
    await expect(tenant.bench(shop(stray)).slice('migrateForTenant', upgrade)).rejects.toMatchObject({
      name: 'Defect',
      facts: { migration: 2, sqlState: expect.stringMatching(/^(42501|3F000)$/) },
    });
    expect(await tenant.snapshot()).toEqual(before);
  });
});
