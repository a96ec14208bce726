import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Migration } from '../../../contexts/shared/application/migration.ts';
import { addColumn, createItems, dropColour, dropName, indexNames, shop, shopOf, upperNames } from '../../support/shop.ts';
import { shopState } from '../../support/shop-life.ts';
import { startStand, type TenantStand } from '../../support/tenant-stand.ts';

const { aTenant, job, other } = startStand();

const versions = shopOf([[createItems], [addColumn(2, 'colour'), indexNames(3)], [upperNames(4), dropName(5)]]);

const upperColours = (number: number): Migration => ({
  number,
  name: 'upper_colours',
  kind: 'batched',
  up: async (db, cursor) => {
    const after = Number(cursor?.['after'] ?? 0);
    await db
      .updateTable('items')
      .set({ colour: sql`upper(colour)` })
      .where('id', '>', after)
      .where('id', '<=', after + 10)
      .execute();
    return after >= 20 ? undefined : { after: after + 10 };
  },
  down: async () => undefined,
});

const indexColours = (number: number): Migration => ({
  number,
  name: 'index_colours',
  kind: 'concurrent',
  index: { name: 'items_colour', table: 'items', on: 'colour' },
});

const committedBy = async ({ database }: TenantStand): Promise<unknown> =>
  (await database.query({ sql: `SELECT committed_by FROM platform.fence WHERE module = 'shop'`, parameters: [] })).rows[0]?.[
    'committed_by'
  ];

/** Each version came with a job of its own; the fence is the next one's. */
const standsAt = async (version: string): Promise<TenantStand> => {
  const tenant = await aTenant();
  await tenant.letIn('shop', 1);
  await tenant.bench(versions).all('migrateForTenant', { id: other, fence: 1, to: '1.0.0' });
  if (version !== '1.0.0')
    await tenant.bench(versions).all('migrateForTenant', { id: '01K0000000000000000000J0B0', fence: 1, to: version });
  await tenant.letIn('shop', 2);
  return tenant;
};
const down = { id: job, fence: 2, from: '3.0.0', to: '1.0.0' };

describe('A downgrade', () => {
  test('goes back over several versions, whichever job brought them, to the structure that was there', async () => {
    const tenant = await standsAt('1.0.0');
    const before = await shopState(tenant);
    await tenant.bench(versions).all('migrateForTenant', { id: other, fence: 2 });
    await tenant.letIn('shop', 3);
    expect(await tenant.bench(versions).slice('downgradeForTenant', { ...down, fence: 3 })).toEqual({
      contract: 1,
      done: true,
      applied: 1,
      total: 1,
    });
    const after = await shopState(tenant);
    expect(after.structure).toEqual(before.structure);
    expect(after.rows['shop._ledger']).toEqual(before.rows['shop._ledger']);
    expect(await committedBy(tenant)).toBe(job);
  });

  test('may be repeated, and then does nothing', async () => {
    const tenant = await standsAt('3.0.0');
    const { slice } = tenant.bench(versions);
    await slice('downgradeForTenant', down);
    const before = await shopState(tenant);
    expect(await slice('downgradeForTenant', down)).toMatchObject({ done: true, applied: 1 });
    expect(await shopState(tenant)).toEqual(before);
  });

  test('to what stands already leaves the way back open', async () => {
    const tenant = await standsAt('2.0.0');
    await tenant.bench(versions).slice('downgradeForTenant', { ...down, from: '2.0.0', to: '2.0.0' });
    expect(await committedBy(tenant)).toBeNull();
  });

  test('that fails has changed nothing, and is not the last word', async () => {
    const stubborn: Migration = { ...addColumn(2, 'colour'), down: (db) => sql`DROP TABLE shop.nothing`.execute(db) };
    const declaration = shopOf([[createItems], [stubborn], [addColumn(3, 'size')]]);
    const tenant = await aTenant();
    await tenant.letIn('shop', 1);
    await tenant.bench(declaration).all('migrateForTenant', { id: other, fence: 1 });
    await tenant.letIn('shop', 2);
    const before = await shopState(tenant);
    await expect(tenant.bench(declaration).slice('downgradeForTenant', down)).rejects.toMatchObject({
      name: 'Defect',
      facts: { migration: 2, sqlState: '42P01' },
    });
    expect(await shopState(tenant)).toEqual(before);
    expect(await tenant.bench(declaration).slice('rollbackForTenant', { ...down, undo: 'migrations' })).toMatchObject({ done: true });
  });

  test('once it is committed is not undone', async () => {
    const tenant = await standsAt('3.0.0');
    await tenant.bench(versions).slice('downgradeForTenant', down);
    const before = await shopState(tenant);
    await expect(tenant.bench(versions).slice('rollbackForTenant', down)).rejects.toMatchObject({
      name: 'Defect',
      message: expect.stringContaining('only goes forward'),
    });
    expect(await shopState(tenant)).toEqual(before);
  });

  test('looks at the checksums first', async () => {
    const tenant = await standsAt('3.0.0');
    const before = await shopState(tenant);
    const changed = shopOf([[createItems], [addColumn(2, 'color'), indexNames(3)], [upperNames(4), dropName(5)]]);
    await expect(tenant.bench(changed).slice('downgradeForTenant', down)).rejects.toThrow('which the deployed code does not know');
    const other = { ...addColumn(2, 'colour'), up: addColumn(2, 'size').up };
    const rewritten = shopOf([[createItems], [other, indexNames(3)], [upperNames(4), dropName(5)]]);
    await expect(tenant.bench(rewritten).slice('downgradeForTenant', down)).rejects.toThrow('was changed after it ran');
    await expect(tenant.bench(versions).slice('downgradeForTenant', { ...down, from: '2.0.0' })).rejects.toThrow('is ahead of shop 2.0.0');
    expect(await shopState(tenant)).toEqual(before);
  });

  test('is a defect upwards, and where there is nothing', async () => {
    const tenant = await standsAt('1.0.0');
    await expect(tenant.bench(versions).slice('downgradeForTenant', { ...down, from: '1.0.0', to: '3.0.0' })).rejects.toThrow(
      'has fewer migrations',
    );
    await tenant.database.query({ sql: 'DROP SCHEMA shop CASCADE', parameters: [] });
    await expect(tenant.bench(versions).slice('downgradeForTenant', down)).rejects.toThrow('there is no schema shop');
  });
});

describe('The contract phase', () => {
  const narrowing = shopOf([[createItems], [addColumn(2, 'colour'), dropName(3)], [upperColours(4), addColumn(5, 'size'), dropColour(6)]]);
  const up = { id: job, fence: 2, from: '1.0.0', to: '3.0.0' };

  test('is one transaction over several versions, batches and all, and notes its job', async () => {
    const tenant = await standsAt('1.0.0');
    const bench = tenant.bench(narrowing, 0);
    await bench.all('migrateForTenant', { ...up, phase: 'expand' });
    expect(await committedBy(tenant)).toBeNull();
    expect(await bench.all('migrateForTenant', { ...up, phase: 'contract' })).toEqual([{ contract: 1, done: true, applied: 6, total: 6 }]);
    expect(await committedBy(tenant)).toBe(job);
  });

  test('that fails leaves what expand left, from where the job can be undone', async () => {
    const tenant = await standsAt('1.0.0');
    const before = await shopState(tenant);
    const broken = shopOf([[createItems], [addColumn(2, 'colour'), dropName(3)], [{ ...addColumn(4, 'colour'), name: 'again' }]]);
    await tenant.bench(broken).all('migrateForTenant', { ...up, phase: 'expand' });
    const expanded = await shopState(tenant);
    await expect(tenant.bench(broken).all('migrateForTenant', { ...up, phase: 'contract' })).rejects.toMatchObject({
      facts: { migration: 4, sqlState: '42701' },
    });
    expect(await shopState(tenant)).toEqual(expanded);
    await tenant.bench(broken).all('rollbackForTenant', up);
    expect(await shopState(tenant)).toEqual(before);
  });

  test('builds an index after what it needs was committed, and goes on behind it', async () => {
    const tenant = await standsAt('1.0.0');
    const declaration = shopOf([[createItems], [addColumn(2, 'colour'), dropName(3)], [indexColours(4), addColumn(5, 'size')]]);
    await tenant.bench(declaration).all('migrateForTenant', { ...up, phase: 'expand' });
    expect(await tenant.bench(declaration).all('migrateForTenant', { ...up, phase: 'contract' })).toMatchObject([
      { done: true, applied: 5 },
    ]);
  });

  test('has nothing to wait for in a first install, which can still be undone', async () => {
    const tenant = await aTenant();
    await tenant.letIn('shop', 2);
    const before = await shopState(tenant);
    const bench = tenant.bench(narrowing);
    expect((await bench.all('migrateForTenant', { ...up, phase: 'expand' })).at(-1)).toMatchObject({ done: true, applied: 6, total: 6 });
    expect((await bench.all('migrateForTenant', { ...up, phase: 'contract' })).at(-1)).toMatchObject({ done: true, applied: 6 });
    expect(await committedBy(tenant)).toBeNull();
    await bench.slice('rollbackForTenant', { id: job, fence: 2, from: null });
    const { rows, structure } = await shopState(tenant);
    expect([structure, rows['platform.fence']]).toEqual([before.structure, []]);
  });

  test('of an upgrade without phases notes its job too', async () => {
    const tenant = await standsAt('1.0.0');
    await tenant.bench(shop(dropName(2))).all('migrateForTenant', { ...up, to: '2.0.0' });
    expect(await committedBy(tenant)).toBe(job);
  });
});
