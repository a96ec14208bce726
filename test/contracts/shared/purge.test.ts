import { describe, expect, test } from '@jest/globals';
import { makeDataApiFences } from '../../../contexts/module-registry/adapters/data-api-fences.ts';
import { targetOf } from '../../support/migrator-bench.ts';
import { shop } from '../../support/shop.ts';
import { shopState } from '../../support/shop-life.ts';
import { startStand, type TenantStand } from '../../support/tenant-stand.ts';

const { aTenant, job, other } = startStand();

/** Installed and archived as often as asked for, by jobs with the fences 1, 2, 3 …; the fence is the next one's. */
const archivedTimes = async (times: number): Promise<TenantStand & { readonly fence: number }> => {
  const tenant = await aTenant();
  const { all, slice } = tenant.bench(shop());
  for (let n = 1; n <= times; n += 1) {
    await tenant.letIn('shop', n);
    await all('migrateForTenant', { id: other, fence: n, to: '1.0.0' });
    await slice('archiveForTenant', { id: other, fence: n, archive: n });
  }
  await tenant.letIn('shop', times + 1);
  return { ...tenant, fence: times + 1 };
};

describe('Purging an archive', () => {
  test('leaves no trace in the catalog and no fence, and may be repeated', async () => {
    const tenant = await aTenant();
    const before = await tenant.snapshot();
    const { all, slice } = tenant.bench(shop());
    await tenant.letIn('shop', 1);
    await all('migrateForTenant', { id: other, fence: 1, to: '1.0.0' });
    await slice('archiveForTenant', { id: other, fence: 1 });
    await tenant.letIn('shop', 2);
    for (let n = 0; n < 2; n += 1) {
      expect(await slice('purgeForTenant', { id: job, fence: 2 })).toEqual({ contract: 1, done: true, applied: 0, total: 0 });
      expect(await tenant.snapshot()).toEqual(before);
    }
  });

  test('keeps the token in mind: who was late before is refused, and the next job is let in', async () => {
    const tenant = await archivedTimes(1);
    await tenant.bench(shop()).slice('purgeForTenant', { id: job, fence: 2 });
    const fences = makeDataApiFences(() => tenant.database);
    const raise = (fence: number) => fences.raise(targetOf(tenant.tenant), 'shop', fence);
    expect([await raise(1), await raise(2), await raise(3)]).toEqual([{ raised: false }, { raised: false }, { raised: true }]);
  });

  test('by another attempt, when the first one’s answer was lost, takes its own fence away again', async () => {
    const tenant = await archivedTimes(1);
    const { slice } = tenant.bench(shop());
    await slice('purgeForTenant', { id: job, fence: 2 });
    const fences = makeDataApiFences(() => tenant.database);
    await fences.raise(targetOf(tenant.tenant), 'shop', 3);
    await slice('purgeForTenant', { id: job, fence: 3, attempt: 2 });
    expect((await shopState(tenant)).rows).toMatchObject({ 'platform.fence': [], 'platform.past_fences': [{ tokens: { shop: 3 } }] });
  });

  test('takes only the archive it names, and the fence with the last thing that stands', async () => {
    const tenant = await archivedTimes(2);
    const { slice, all } = tenant.bench(shop());
    await all('migrateForTenant', { id: job, fence: 3, to: '1.0.0' });
    const standing = async () => Object.keys((await shopState(tenant)).rows).filter((name) => name.endsWith('.items'));
    await slice('purgeForTenant', { id: job, fence: 3, archive: 1 });
    expect(await standing()).toEqual(['shop.items', 'shop__a2.items']);
    await tenant.database.query({ sql: 'DROP SCHEMA shop CASCADE', parameters: [] });
    await slice('purgeForTenant', { id: job, fence: 3, archive: 1 });
    expect((await shopState(tenant)).rows['platform.fence']).toHaveLength(1);
    await slice('purgeForTenant', { id: job, fence: 3, archive: 2 });
    expect([await standing(), (await shopState(tenant)).rows['platform.fence']]).toEqual([[], []]);
  });

  test('is refused, naming them, while something outside depends on it, and never touches that', async () => {
    const tenant = await archivedTimes(1);
    for (const sql of [
      'CREATE SCHEMA bar',
      'CREATE TABLE bar.orders (item integer REFERENCES shop__a1.items)',
      'INSERT INTO bar.orders VALUES (7)',
    ])
      await tenant.database.query({ sql, parameters: [] });
    const before = await tenant.snapshot();
    const { slice } = tenant.bench(shop());
    await expect(slice('purgeForTenant', { id: job, fence: 2 })).rejects.toMatchObject({
      name: 'Refused',
      refusal: {
        kind: 'conflict',
        reason: 'dependents-outside',
        facts: { module: 'shop', archive: 1, dependents: [expect.stringContaining('orders_item_fkey on table bar.orders')] },
      },
    });
    expect(await tenant.snapshot()).toEqual(before);
    await tenant.database.query({ sql: 'ALTER TABLE bar.orders DROP CONSTRAINT orders_item_fkey', parameters: [] });
    await slice('purgeForTenant', { id: job, fence: 2 });
    expect((await tenant.snapshot()).rows).toMatchObject({ 'bar.orders': 1, 'platform.fence': 0 });
  });

  test('is a defect where a schema only has the name of an archive', async () => {
    const tenant = await archivedTimes(1);
    await tenant.database.query({ sql: 'CREATE SCHEMA shop__a7', parameters: [] });
    await expect(tenant.bench(shop()).slice('purgeForTenant', { id: job, fence: 2, archive: 7 })).rejects.toMatchObject({
      name: 'Defect',
      message: expect.stringContaining('shop__a7 is no archive'),
    });
  });
});
