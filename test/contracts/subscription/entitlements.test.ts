import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { makeDynamoOutbox } from '../../../contexts/module-registry/index.ts';
import { makeDynamoIdempotency } from '../../../contexts/shared/adapters/dynamo-idempotency.ts';
import type { IdempotencyStore } from '../../../contexts/shared/application/idempotency.ts';
import type { EntitlementChange, EntitlementStore } from '../../../contexts/subscription/application/ports.ts';
import { makeDynamoEntitlements, makeDynamoSubscriptions } from '../../../contexts/subscription/index.ts';
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
}

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
      expect(await store.find(tenant, 'finance')).toEqual(entitlement);
      expect(await store.find(other, 'finance')).toBeUndefined();
      expect(await store.read(tenant)).toEqual({ entitlements: [entitlement], sequence: 1 });
      expect(await store.read(other)).toEqual({ entitlements: [], sequence: 0 });
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
      expect(await store.find(tenant, 'finance')).toEqual(subscribed(tenant, 'finance', 3).entitlement);
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
      expect(await store.read(tenant)).toEqual({ entitlements: [], sequence: 0 });
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
      expect(await store.find(tenant, 'finance')).toMatchObject({ status: 'active' });
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
  return { ...trail, store, isSubscribed: async (tenant, module) => (await store.find(tenant, module))?.status === 'active' };
});
describeEntitlements('in DynamoDB', () => {
  const { table } = started;
  return {
    store: makeDynamoEntitlements(table, ulid),
    idempotency: makeDynamoIdempotency(table),
    outbox: makeDynamoOutbox(table),
    isSubscribed: makeDynamoSubscriptions(table, async () => 'standard').hasSubscriptionForModule,
  };
});
