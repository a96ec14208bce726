import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { makeDynamoOutbox } from '../../../contexts/module-registry/index.ts';
import { makeDynamoIdempotency } from '../../../contexts/shared/adapters/dynamo-idempotency.ts';
import type { IdempotencyStore } from '../../../contexts/shared/application/idempotency.ts';
import type { EntitlementChange, EntitlementStore } from '../../../contexts/subscription/application/ports.ts';
import type { UseChange, UseFacts } from '../../../contexts/subscription/domain/entitlement-use.ts';
import { makeDynamoEntitlements, makeDynamoSubscriptions, useWrite } from '../../../contexts/subscription/index.ts';
import { makeMemoryEntitlements } from '../../support/memory-entitlements.ts';
import { makeMemoryTrail } from '../../support/memory-trail.ts';
import { waitingOf } from '../module-registry/registry-stand.ts';
import { startRegistryTable } from '../registry-table.ts';

interface EntitlementsStand {
  readonly store: EntitlementStore;
  readonly idempotency: IdempotencyStore;
  readonly outbox: Parameters<typeof waitingOf>[0]['outbox'];
  /** What the module registry asks. */
  readonly isSubscribed: (tenantId: string, module: string) => Promise<boolean>;
  /** As a job does with its new state. */
  readonly use: (change: UseChange, facts: UseFacts) => Promise<void>;
}

const find = async (store: EntitlementStore, tenantId: string, wanted: string) =>
  (await store.read(tenantId)).entitlements.find(({ module }) => module === wanted);

const at = new Date('2026-01-01T00:00:00.000Z');
const contended = { name: 'Contended' };

const subscribed = (tenantId: string, module: string, sequence: number): EntitlementChange => ({
  entitlement: { tenantId, module, status: 'active', since: at },
  sequence,
  event: 'TenantSubscribed',
  actor: 'ada',
  at,
});
const ended = (tenantId: string, module: string, sequence: number): EntitlementChange => ({
  ...subscribed(tenantId, module, sequence),
  entitlement: { tenantId, module, status: 'ended', since: at, endedAt: at },
  event: 'TenantUnsubscribed',
});

const describeEntitlements = (name: string, make: () => EntitlementsStand): void => {
  describe(`Entitlements ${name}`, () => {
    test('are found as they were saved, of this tenant only', async () => {
      const { store } = make();
      const [tenant, other] = [ulid(), ulid()];
      const { entitlement } = subscribed(tenant, 'finance', 1);
      await store.save(subscribed(tenant, 'finance', 1));
      expect(await find(store, tenant, 'finance')).toEqual(entitlement);
      expect(await find(store, other, 'finance')).toBeUndefined();
      expect(await store.read(tenant)).toEqual({ entitlements: [entitlement], uses: [], sequence: 1 });
      expect(await store.read(other)).toEqual({ entitlements: [], uses: [], sequence: 0 });
    });

    test('that have ended stay to be seen, and count no more', async () => {
      const { store, isSubscribed } = make();
      const tenant = ulid();
      const before = await isSubscribed(tenant, 'finance');
      await store.save(subscribed(tenant, 'finance', 1));
      const during = await isSubscribed(tenant, 'finance');
      await store.save(ended(tenant, 'finance', 2));
      expect([before, during, await isSubscribed(tenant, 'finance')]).toEqual([false, true, false]);
      expect((await store.read(tenant)).entitlements).toEqual([ended(tenant, 'finance', 2).entitlement]);
    });

    test('granted anew are not marked as ended', async () => {
      const { store } = make();
      const tenant = ulid();
      await store.save(subscribed(tenant, 'finance', 1));
      await store.save(ended(tenant, 'finance', 2));
      await store.save(subscribed(tenant, 'finance', 3));
      expect(await find(store, tenant, 'finance')).toEqual(subscribed(tenant, 'finance', 3).entitlement);
    });

    test('number their events: of two that follow the same, one is lost with all that it brought', async () => {
      const { store, idempotency } = make();
      const tenant = ulid();
      const record = { id: ulid(), bodyHash: 'b', answer: {} };
      await store.save(subscribed(tenant, 'finance', 1));
      await expect(store.save({ ...subscribed(tenant, 'cards', 1), idempotency: record })).rejects.toMatchObject(contended);
      expect((await store.read(tenant)).entitlements.map(({ module }) => module)).toEqual(['finance']);
      expect(await idempotency.find(record.id, at)).toBeUndefined();
    });

    test.each([2, 5])('leave no gap: a tenant’s first event is not number %i', async (sequence) => {
      const { store } = make();
      const tenant = ulid();
      await expect(store.save(subscribed(tenant, 'finance', sequence))).rejects.toMatchObject(contended);
      expect(await store.read(tenant)).toEqual({ entitlements: [], uses: [], sequence: 0 });
    });

    test('leave no gap: the third event does not follow the first', async () => {
      const { store } = make();
      const tenant = ulid();
      await store.save(subscribed(tenant, 'finance', 1));
      await expect(store.save(subscribed(tenant, 'cards', 3))).rejects.toMatchObject(contended);
    });

    test('tell of each change once', async () => {
      const { store, outbox } = make();
      const tenant = ulid();
      await store.save(subscribed(tenant, 'finance', 1));
      await store.save(ended(tenant, 'finance', 2));
      const waiting = await waitingOf({ outbox }, `SUBSCRIPTION#${tenant}`);
      const about = { id: expect.any(String), aggregate: `SUBSCRIPTION#${tenant}`, tenantId: tenant, module: 'finance', actor: 'ada' };
      expect(waiting.toSorted((a, b) => a.sequence - b.sequence)).toEqual([
        { ...about, at: at.toISOString(), sequence: 1, name: 'TenantSubscribed' },
        { ...about, at: at.toISOString(), sequence: 2, name: 'TenantUnsubscribed' },
      ]);
    });

    test('keep the answer to a request in the transaction that changes them, and change nothing when its key is taken', async () => {
      const { store, idempotency } = make();
      const tenant = ulid();
      const record = { id: ulid(), bodyHash: 'b', answer: { status: 'active' } };
      await store.save({ ...subscribed(tenant, 'finance', 1), idempotency: record });
      await expect(store.save({ ...ended(tenant, 'finance', 2), idempotency: record })).rejects.toMatchObject(contended);
      expect(await idempotency.find(record.id, at)).toEqual(record);
      expect(await find(store, tenant, 'finance')).toMatchObject({ status: 'active' });
    });

    test('are reserved, captured and released with the jobs that use them, module by module', async () => {
      const { store, use } = make();
      const [tenant, other] = [ulid(), ulid()];
      const facts = { tenantId: tenant, module: 'finance', jobId: ulid(), at };
      const seen: unknown[] = [];
      for (const change of ['reserve', 'capture'] as const) {
        await use(change, facts);
        seen.push((await store.read(tenant)).uses);
      }
      const known = { tenantId: tenant, module: 'finance', jobId: facts.jobId, since: at };
      expect(seen).toEqual([[{ ...known, status: 'reserved' }], [{ ...known, status: 'captured' }]]);
      await use('reserve', { ...facts, module: 'cards' });
      await use('reserve', { ...facts, tenantId: other });
      await use('release', facts);
      await use('release', facts);
      expect((await store.read(tenant)).uses).toEqual([{ ...known, module: 'cards', status: 'reserved' }]);
      expect((await store.read(other)).uses).toHaveLength(1);
    });

    test('are released all at once when the tenant is gone, its rights and trail stay', async () => {
      const { store, use } = make();
      const [tenant, other] = [ulid(), ulid()];
      await store.save(subscribed(tenant, 'finance', 1));
      for (let n = 1; n <= 101; n += 1) await use('capture', { tenantId: tenant, module: `module_${n}`, jobId: ulid(), at });
      await use('capture', { tenantId: other, module: 'finance', jobId: ulid(), at });
      await store.releaseAll(tenant);
      expect(await store.read(tenant)).toEqual({ entitlements: [subscribed(tenant, 'finance', 1).entitlement], uses: [], sequence: 1 });
      await store.releaseAll(tenant);
      expect((await store.read(other)).uses).toHaveLength(1);
    });

    test('are numbered although modules are in use', async () => {
      const { store, use } = make();
      const tenant = ulid();
      await store.save(subscribed(tenant, 'finance', 1));
      await use('capture', { tenantId: tenant, module: 'finance', jobId: ulid(), at });
      await store.save(ended(tenant, 'finance', 2));
      expect(await store.read(tenant)).toMatchObject({ sequence: 2, entitlements: [{ status: 'ended' }], uses: [{ status: 'captured' }] });
    });

    test('may be more than a hundred', async () => {
      const { store } = make();
      const tenant = ulid();
      for (let sequence = 1; sequence <= 101; sequence += 1) await store.save(subscribed(tenant, `module_${sequence}`, sequence));
      const { entitlements, sequence } = await store.read(tenant);
      expect([entitlements.length, sequence]).toEqual([101, 101]);
    });
  });
};

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

describeEntitlements('in memory', () => {
  const trail = makeMemoryTrail();
  const store = makeMemoryEntitlements(trail);
  return {
    ...trail,
    store,
    isSubscribed: async (tenant, module) => (await find(store, tenant, module))?.status === 'active',
    use: async (change, facts) => store.use(change, facts),
  };
});
describeEntitlements('in DynamoDB', () => {
  const { table } = started;
  return {
    store: makeDynamoEntitlements(table, ulid),
    idempotency: makeDynamoIdempotency(table),
    outbox: makeDynamoOutbox(table),
    isSubscribed: async (tenant, module) => {
      const { hasSubscriptionForModule, subscribedAmong } = makeDynamoSubscriptions(table);
      const among = await subscribedAmong(tenant, ['nobody_has', module]);
      expect([[...among], [...(await subscribedAmong(tenant, []))]]).toEqual([among.has(module) ? [module] : [], []]);
      expect(await hasSubscriptionForModule(tenant, module)).toBe(among.has(module));
      return among.has(module);
    },
    use: (change, facts) => table.transact([useWrite(change, facts)]),
  };
});
