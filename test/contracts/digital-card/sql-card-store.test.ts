import { describe, expect, test } from '@jest/globals';
import { makeSqlCardStore } from '../../../contexts/digital-card/adapters/sql-card-store.ts';
import { declaration as digitalCard } from '../../../contexts/digital-card/migrator.ts';
import { keepsTheCardStoreContract } from '../../support/card-store-contract.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand, type TenantStand } from '../../support/tenant-stand.ts';

const { aTenant, job } = startStand();

const installed = async (): Promise<TenantStand> => {
  const stand = await aTenant();
  await stand.letIn('digital_card', 1);
  await stand.bench(digitalCard).all('migrateForTenant', { id: job, fence: 1 });
  await stand.bench(digitalCard).slice('seed', { id: job, fence: 1 });
  return stand;
};

const open = async (now = new Date('2026-01-01T00:00:00Z')) => {
  const [mine, theirs] = [await installed(), await installed()];
  const databases = new Map([mine, theirs].map(({ tenant }) => [tenant.slug, makePgDatabase(tenant.app)]));
  const time = { now };
  const store = makeSqlCardStore({
    clock: { now: () => time.now },
    database: ({ slug }) => {
      const database = databases.get(slug);
      if (database === undefined) throw new Error(`no tenant ${slug}`);
      return database;
    },
  });
  return {
    store,
    time,
    mine,
    tenant: { id: mine.tenant.slug, slug: mine.tenant.slug },
    other: { id: theirs.tenant.slug, slug: theirs.tenant.slug },
  };
};

keepsTheCardStoreContract('PostgreSQL', open);

describe('The key of a request', () => {
  const key = { id: 'k', bodyHash: 'a' };

  test('is taken by one of two that come at the same time, and both get its answer', async () => {
    const { store, tenant } = await open();
    const answers = await Promise.all([1, 2, 3].map((n) => store.change(tenant, key, async () => ({ n }))));
    expect(new Set(answers.map(({ n }) => n)).size).toBe(1);
  });

  test('is forgotten after a day, and swept when other keys come', async () => {
    const { store, tenant, time, mine } = await open();
    await store.change(tenant, key, async () => ({ first: true }));
    await store.change(tenant, { id: 'old', bodyHash: 'a' }, async () => ({ first: true }));
    time.now = new Date('2026-01-02T00:00:01Z');
    expect(await store.change(tenant, { id: 'k', bodyHash: 'b' }, async () => ({ second: true }))).toEqual({ second: true });
    expect((await mine.snapshot()).rows['platform.idempotency']).toBe(1);
  });
});
