import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { JobStore, TenantModules } from '../../../contexts/module-registry/application/ports.ts';
import { beginValidating, evolve, fail, type Job, requestJob } from '../../../contexts/module-registry/domain/job.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { makeDynamoJobStore, makeDynamoOutbox, makeDynamoTenantModules } from '../../../contexts/module-registry/index.ts';
import { shardOf, shards } from '../../../contexts/shared/adapters/audit-item.ts';
import type { Table } from '../../../contexts/shared/adapters/dynamo-table.ts';
import { newTenant } from '../../../contexts/tenancy/domain/tenant.ts';
import { newTenantWrites, tenantStatusWrite } from '../../../contexts/tenancy/index.ts';
import { makeMemoryRegistry, tenantId as memoryTenant } from '../../support/memory-registry.ts';
import { startRegistryTable } from '../registry-table.ts';

const at = new Date('2026-01-01T00:00:00.000Z');
const timing = { at, leaseSeconds: 120 };
const contended = { name: 'Contended' };

let table: Table;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ table, stop } = await startRegistryTable());
});
afterAll(() => stop?.());

interface Opened {
  readonly jobs: JobStore;
  readonly tenantModules: TenantModules;
  /** An active tenant at revision 1. */
  readonly tenant: string;
}

const inDynamodb = async (): Promise<Opened> => {
  const id = ulid();
  const tenant = newTenant({ id, slug: `t-${id.toLowerCase()}`, name: 'T', plan: 'standard', clusterArn: 'arn', createdAt: at });
  await table.transact(newTenantWrites(tenant));
  await table.transact([tenantStatusWrite(id, 'active')]);
  return { jobs: makeDynamoJobStore(table, ulid), tenantModules: makeDynamoTenantModules(table), tenant: id };
};

const inMemory = async (): Promise<Opened> => ({ ...makeMemoryRegistry(), tenant: memoryTenant });

const aRequest = (tenantId: string, module = 'finance') => {
  const change = { module, from: null, to: '1.0.0', why: 'requested', migratorArn: 'arn:live' };
  const about = { id: ulid(), kind: 'install' as const, tenantId, tenantSlug: 'acme', modules: [change], fence: 2 };
  const { job, events } = requestJob({ ...about, requestedBy: 'ada', attemptsMax: 3 }, timing);
  const after: TenantModule = { tenantId, module, status: 'Changing', jobId: job.id, configuration: { currency: 'EUR' } };
  return { job, events, tenantModules: [{ module, after }], tenantRevision: { expected: 1 } };
};

const validating = (before: Job) => {
  const events = beginValidating(before, timing);
  return { before, job: events.reduce(evolve, before), events, tenantModules: [] };
};

const read = async ({ jobs }: Opened, id: string): Promise<Job> => {
  const job = await jobs.get(id);
  if (!job) throw new Error(`job ${id} is gone`);
  return job;
};

describe.each([
  ['in memory', inMemory],
  ['in DynamoDB', inDynamodb],
] as const)('A job store %s', (_, open) => {
  test('keeps a job as it was written, with the modules it locks and their configuration', async () => {
    const it = await open();
    const request = aRequest(it.tenant);
    await it.jobs.commit(request);
    expect(await read(it, request.job.id)).toEqual(request.job);
    expect((await it.tenantModules.read(it.tenant))?.modules).toMatchObject([
      { module: 'finance', status: 'Changing', jobId: request.job.id },
    ]);
    expect(await it.jobs.configuration(request.job.id)).toEqual({ finance: { currency: 'EUR' } });
    expect((await it.tenantModules.read(it.tenant))?.tenant.revision).toBe(2);
  });

  test('takes one of two requests for a module, and the lost one stored nothing', async () => {
    const it = await open();
    const [first, second] = [aRequest(it.tenant), aRequest(it.tenant)];
    await it.jobs.commit(first);
    await expect(it.jobs.commit({ ...second, tenantRevision: { expected: 2 } })).rejects.toMatchObject(contended);
    expect(await it.jobs.get(second.job.id)).toBeUndefined();
  });

  test('refuses a plan that was resolved against another revision of the tenant', async () => {
    const it = await open();
    await it.jobs.commit(aRequest(it.tenant));
    await expect(it.jobs.commit(aRequest(it.tenant, 'calendar'))).rejects.toMatchObject(contended);
  });

  test('refuses a change of a job that someone else changed first', async () => {
    const it = await open();
    const { job, ...request } = aRequest(it.tenant);
    await it.jobs.commit({ job, ...request });
    await it.jobs.commit(validating(job));
    await expect(it.jobs.commit(validating(job))).rejects.toMatchObject(contended);
    expect((await read(it, job.id)).sequence).toBe(2);
  });

  test('renews the lease of the attempt that is the job’s, with its progress; no other’s, and not of a job that has ended', async () => {
    const it = await open();
    const request = aRequest(it.tenant);
    const { id } = request.job;
    await it.jobs.commit(request);
    const later = new Date(at.getTime() + 300_000);
    const sign = { job: id, attempt: 1, leaseUntil: later };
    const stepEnded = { step: 'finance.MigrateTenant', at };
    const own = await it.jobs.renewLease({ ...sign, stepEnded, progress: { module: 'finance', applied: 1, total: 3 } });
    const other = await it.jobs.renewLease({ ...sign, attempt: 2 });
    const now = await read(it, id);
    expect([own, other]).toEqual([true, false]);
    expect(now).toMatchObject({
      leaseUntil: later,
      modules: [{ progress: { applied: 1, total: 3 } }],
      stepEnds: { 'finance.MigrateTenant': at },
    });
    const events = fail(now, { reason: 'validation-failed' }, timing);
    const lock = { tenantId: it.tenant, module: 'finance', status: 'Changing', jobId: id, configuration: {} } as const;
    await it.jobs.commit({ before: now, job: events.reduce(evolve, now), events, tenantModules: [{ module: 'finance', before: lock }] });
    expect(await it.jobs.renewLease(sign)).toBe(false);
    expect((await it.tenantModules.read(it.tenant))?.modules).toEqual([]);
  });

  test('does not take over an attempt that has just shown a sign of life', async () => {
    const it = await open();
    const request = aRequest(it.tenant);
    await it.jobs.commit(request);
    await it.jobs.renewLease({ job: request.job.id, attempt: 1, leaseUntil: new Date(at.getTime() + 300_000) });
    await expect(it.jobs.commit(validating(request.job))).rejects.toMatchObject(contended);
  });

  test('finds open jobs whose lease ran out, and only those', async () => {
    const it = await open();
    const request = aRequest(it.tenant);
    await it.jobs.commit(request);
    const found = async (when: Date): Promise<boolean> => {
      const all: string[] = [];
      for (let shard = 0; shard < shards; shard += 1) all.push(...(await it.jobs.expired(shard, when, 50)));
      return all.includes(request.job.id);
    };
    expect([await found(new Date(at.getTime() + 1_000)), await found(new Date(at.getTime() + 31_000))]).toEqual([false, true]);
  });

  test('lists a tenant’s jobs newest first, and a job’s events in order', async () => {
    const it = await open();
    const first = aRequest(it.tenant);
    await it.jobs.commit(first);
    await it.jobs.commit(validating(first.job));
    const second = aRequest(it.tenant, 'calendar');
    await it.jobs.commit({ ...second, tenantRevision: { expected: 2 } });
    const { items } = await it.jobs.ofTenant(it.tenant, { limit: 10 });
    const { items: events } = await it.jobs.events(first.job.id, { limit: 10 });
    expect(items.map(({ id }) => id)).toEqual([second.job.id, first.job.id].sort().reverse());
    expect(events.map(({ sequence, name, to }) => [sequence, name, to])).toEqual([
      [1, 'ModuleInstallationRequested', 'Pending'],
      [2, 'ModuleInstallationValidating', 'Validating'],
    ]);
  });

  test('forgets the modules of a tenant whose data is gone, and nothing else of it', async () => {
    const it = await open();
    const request = aRequest(it.tenant);
    await it.jobs.commit(request);
    await it.tenantModules.forget(it.tenant);
    const left = await it.tenantModules.read(it.tenant);
    expect([left?.modules, left?.tenant.id]).toEqual([[], it.tenant]);
    expect(await it.jobs.get(request.job.id)).toBeDefined();
  });
});

describe('In DynamoDB', () => {
  test('a tenant that is not active gets no new job', async () => {
    const it = await inDynamodb();
    await table.transact([tenantStatusWrite(it.tenant, 'suspended')]);
    await expect(it.jobs.commit(aRequest(it.tenant))).rejects.toMatchObject(contended);
  });

  test('a stored event waits to be published until it is marked', async () => {
    // given
    const it = await inDynamodb();
    const { job, ...request } = aRequest(it.tenant);
    await it.jobs.commit({ job, ...request });
    const outbox = makeDynamoOutbox(table);
    const aggregate = `JOB#${job.id}`;
    const waiting = async () =>
      (await outbox.waiting(shardOf(aggregate), new Date(at.getTime() + 1), 100)).filter((event) => event.aggregate === aggregate);
    const before = await waiting();
    // when
    await outbox.markPublished(before);
    // then
    expect(before.map(({ name }) => name)).toEqual(['ModuleInstallationRequested']);
    expect(await waiting()).toEqual([]);
    expect((await it.jobs.events(job.id, { limit: 10 })).items).toHaveLength(1);
  });
});
