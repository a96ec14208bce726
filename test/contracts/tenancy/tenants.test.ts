import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { makeDynamoOutbox } from '../../../contexts/module-registry/index.ts';
import { makeDynamoIdempotency } from '../../../contexts/shared/adapters/dynamo-idempotency.ts';
import type { IdempotencyStore } from '../../../contexts/shared/application/idempotency.ts';
import type { TenantStatusChange, TenantStore } from '../../../contexts/tenancy/application/ports.ts';
import { newTenant, type Tenant } from '../../../contexts/tenancy/domain/tenant.ts';
import { archiveWrite, makeDynamoTenants, newTenantWrites, tenantStatusWrite } from '../../../contexts/tenancy/index.ts';
import { makeMemoryTenants } from '../../support/memory-tenants.ts';
import { makeMemoryTrail } from '../../support/memory-trail.ts';
import { pagesOf, waitingOf } from '../module-registry/registry-stand.ts';
import { startRegistryTable } from '../registry-table.ts';

interface TenantsStand {
  readonly tenants: TenantStore;
  readonly idempotency: IdempotencyStore;
  readonly outbox: Parameters<typeof waitingOf>[0]['outbox'];
  /** As its provisioning's request does. */
  readonly add: (tenant: Tenant) => Promise<void>;
  /** As the job that archives it does. */
  readonly archive: (tenantId: string, dropAfter: Date) => Promise<void>;
}

const at = new Date('2026-01-01T00:00:00.000Z');
const later = (days: number): Date => new Date(at.getTime() + days * 86_400_000);
const contended = { name: 'Contended' };

const aTenant = (facts: Partial<Tenant> = {}): Tenant => {
  const id = ulid();
  const about = { id, slug: `t-${id.toLowerCase()}`, name: 'T', plan: 'standard', clusterArn: 'arn:cluster', createdAt: at };
  return { ...newTenant(about), status: 'active', ...facts };
};

const suspension = (tenant: Tenant): TenantStatusChange => ({ tenant, status: 'suspended', event: 'TenantSuspended', actor: 'ada', at });

const describeTenantStore = (name: string, make: () => TenantsStand): void => {
  describe(`Tenants ${name}`, () => {
    test('are found by id and by slug, with all that is known of them', async () => {
      const { tenants, add } = make();
      const secrets = { ownerSecretArn: 'arn:owner', appSecretArn: 'arn:app' };
      const tenant = aTenant({ ...secrets, jobId: 'J1', previousStatus: 'suspended', sequence: 4, revision: 7 });
      await add(tenant);
      expect(await tenants.get(tenant.id)).toEqual(tenant);
      expect(await tenants.idOf(tenant.slug)).toBe(tenant.id);
    });

    test('are not found where there is none', async () => {
      const { tenants } = make();
      expect([await tenants.get(ulid()), await tenants.idOf('nobody')]).toEqual([undefined, undefined]);
    });

    test('give a slug to one of two, and the other is not stored', async () => {
      const { tenants, add } = make();
      const first = aTenant();
      const second = aTenant({ slug: first.slug });
      await add(first);
      await expect(add(second)).rejects.toMatchObject(contended);
      expect([await tenants.idOf(first.slug), await tenants.get(second.id)]).toEqual([first.id, undefined]);
    });

    test('keep their slug for ever', async () => {
      const { tenants, add } = make();
      const gone = aTenant({ status: 'deprovisioned' });
      await add(gone);
      await expect(add(aTenant({ slug: gone.slug }))).rejects.toMatchObject(contended);
      expect(await tenants.idOf(gone.slug)).toBe(gone.id);
    });

    test('change their status with their revision, so that no plan of before can be stored after', async () => {
      const { tenants, add } = make();
      const tenant = aTenant();
      await add(tenant);
      await tenants.changeStatus(suspension(tenant));
      expect(await tenants.get(tenant.id)).toEqual({ ...tenant, status: 'suspended', revision: 2, sequence: 1 });
    });

    test('number the events of their own trail without a gap', async () => {
      const { tenants, add, outbox } = make();
      const tenant = aTenant();
      await add(tenant);
      await tenants.changeStatus(suspension(tenant));
      const suspended = await tenants.get(tenant.id);
      if (!suspended) throw new Error('the tenant is there');
      await tenants.changeStatus({ ...suspension(suspended), status: 'active', event: 'TenantResumed' });
      const waiting = await waitingOf({ outbox }, `TENANT#${tenant.id}`);
      const about = { id: expect.any(String), aggregate: `TENANT#${tenant.id}`, tenantId: tenant.id, actor: 'ada', at: at.toISOString() };
      expect(waiting.toSorted((a, b) => a.sequence - b.sequence)).toEqual([
        { ...about, sequence: 1, name: 'TenantSuspended', from: 'active', to: 'suspended' },
        { ...about, sequence: 2, name: 'TenantResumed', from: 'suspended', to: 'active' },
      ]);
    });

    test.each([
      ['status', { status: 'archived' }],
      ['revision', { revision: 9 }],
    ] as const)('refuse a change when their %s is not as it was read, and have stored nothing of it', async (_, facts) => {
      const { tenants, add, idempotency, outbox } = make();
      const tenant = aTenant();
      const record = { id: ulid(), bodyHash: 'b', answer: {} };
      await add(tenant);
      const stale = suspension({ ...tenant, ...facts });
      await expect(tenants.changeStatus({ ...stale, idempotency: record })).rejects.toMatchObject(contended);
      expect(await tenants.get(tenant.id)).toEqual(tenant);
      expect([await waitingOf({ outbox }, `TENANT#${tenant.id}`), await idempotency.find(record.id, at)]).toEqual([[], undefined]);
    });

    test('take one of many changes that come at the same time', async () => {
      const { tenants, add } = make();
      const tenant = aTenant();
      await add(tenant);
      const races = await Promise.allSettled([1, 2, 3].map(() => tenants.changeStatus(suspension(tenant))));
      expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await tenants.get(tenant.id))?.revision).toBe(2);
    });

    test('keep the answer to a request in the transaction that changes them, and change nothing when its key is taken', async () => {
      const { tenants, add, idempotency } = make();
      const [first, second] = [aTenant(), aTenant()];
      const record = { id: ulid(), bodyHash: 'b', answer: { status: 'suspended' } };
      await add(first);
      await add(second);
      await tenants.changeStatus({ ...suspension(first), idempotency: record });
      await expect(tenants.changeStatus({ ...suspension(second), idempotency: record })).rejects.toMatchObject(contended);
      expect([await idempotency.find(record.id, at), await tenants.get(second.id)]).toEqual([record, second]);
    });

    test('change their subscription plan with their revision, and tell of it', async () => {
      const { tenants, add, outbox } = make();
      const tenant = aTenant({ status: 'suspended' });
      await add(tenant);
      await tenants.changePlan({ tenant, plan: 'free', actor: 'ada', at });
      expect(await tenants.get(tenant.id)).toEqual({ ...tenant, plan: 'free', revision: 2, sequence: 1 });
      const about = { id: expect.any(String), aggregate: `TENANT#${tenant.id}`, tenantId: tenant.id, actor: 'ada', at: at.toISOString() };
      expect(await waitingOf({ outbox }, `TENANT#${tenant.id}`)).toEqual([
        { ...about, sequence: 1, name: 'TenantPlanChanged', from: 'standard', to: 'free' },
      ]);
    });

    test('keep the subscription plan that someone else has just given them', async () => {
      const { tenants, add, idempotency } = make();
      const tenant = aTenant();
      const record = { id: ulid(), bodyHash: 'b', answer: {} };
      await add(tenant);
      await tenants.changePlan({ tenant, plan: 'free', actor: 'ada', at });
      const late = tenants.changePlan({ tenant, plan: 'enterprise', actor: 'bob', at, idempotency: record });
      await expect(late).rejects.toMatchObject(contended);
      expect([(await tenants.get(tenant.id))?.plan, await idempotency.find(record.id, at)]).toEqual(['free', undefined]);
    });

    test('know how much they store, as it was measured last, whatever else changes them', async () => {
      const { tenants, add } = make();
      const tenant = aTenant();
      await add(tenant);
      await tenants.measured(tenant.id, { bytes: 5, measuredAt: later(1) });
      await tenants.changeStatus(suspension(tenant));
      await tenants.measured(tenant.id, { bytes: 7, byModule: { cards: 3 }, measuredAt: later(3) });
      await tenants.measured(tenant.id, { bytes: 6, measuredAt: later(2) });
      const known = { status: 'suspended', revision: 2, storage: { bytes: 7, byModule: { cards: 3 }, measuredAt: later(3) } };
      expect(await tenants.get(tenant.id)).toMatchObject(known);
    });

    test('are not made by a measurement', async () => {
      const { tenants } = make();
      const nobody = ulid();
      await tenants.measured(nobody, { bytes: 5, measuredAt: at });
      expect(await tenants.get(nobody)).toBeUndefined();
    });

    test('are listed by slug, a page at a time', async () => {
      const { tenants, add } = make();
      const run = ulid().toLowerCase();
      const slugs = ['d', 'a', 'c', 'b', 'e'].map((letter) => `t-${run}-${letter}`);
      for (const slug of slugs) await add(aTenant({ slug }));
      const pages = await pagesOf((cursor) => tenants.list({ limit: 2, ...(cursor ? { cursor } : {}) }));
      const listed = pages.flat().map(({ slug }) => slug);
      expect(pages.every((page) => page.length <= 2)).toBe(true);
      expect(listed.filter((slug) => slugs.includes(slug))).toEqual(slugs.toSorted());
    });

    test('are listed from no cursor that is not the list’s', async () => {
      await expect(make().tenants.list({ limit: 2, cursor: 'bm90aGluZw' })).rejects.toMatchObject({ name: 'Malformed' });
    });

    test('whose archive’s time has come are due for purging, the oldest first, no more than asked for', async () => {
      const { tenants, add, archive } = make();
      const [soon, sooner, far, kept] = [aTenant(), aTenant(), aTenant(), aTenant()];
      for (const tenant of [soon, sooner, far, kept]) await add(tenant);
      await archive(soon.id, later(2));
      await archive(sooner.id, later(1));
      await archive(far.id, later(30));
      const ours = (ids: readonly string[]): readonly string[] =>
        ids.filter((id) => [soon, sooner, far, kept].some((one) => one.id === id));
      expect(ours(await tenants.dueForPurge(later(3), 100))).toEqual([sooner.id, soon.id]);
      expect(await tenants.dueForPurge(later(3), 1)).toHaveLength(1);
      expect((await tenants.get(far.id))?.dropAfter).toEqual(later(30));
    });
  });
};

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

describeTenantStore('in memory', () => {
  const trail = makeMemoryTrail();
  const tenants = makeMemoryTenants(trail);
  return {
    ...trail,
    tenants,
    add: async (tenant) => tenants.add(tenant),
    archive: async (tenantId, dropAfter) => tenants.set(tenantId, { status: 'archived', dropAfter }),
  };
});

describeTenantStore('in DynamoDB', () => {
  const { table } = started;
  return {
    tenants: makeDynamoTenants(table, ulid),
    outbox: makeDynamoOutbox(table),
    idempotency: makeDynamoIdempotency(table),
    add: (tenant) => table.transact(newTenantWrites(tenant)),
    archive: (tenantId, dropAfter) =>
      table.transact([
        tenantStatusWrite(tenantId, 'archived', { set: { dropAfter: dropAfter.toISOString() } }),
        archiveWrite(tenantId, dropAfter),
      ]),
  };
});
