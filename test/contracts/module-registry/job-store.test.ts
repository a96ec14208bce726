import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import {
  beginRollback,
  beginValidating,
  beginWork,
  fail,
  type Job,
  requestJob,
  takeOver,
  turnForward,
  wait,
} from '../../../contexts/module-registry/domain/job.ts';
import { shards } from '../../../contexts/shared/adapters/audit-item.ts';
import { aChange } from '../../support/module-job.ts';
import {
  aRequest,
  at,
  changeOf,
  contended,
  inDynamodb,
  inMemory,
  locked,
  pagesOf,
  type RegistryStand,
  registryTable,
  timing,
  validating,
} from './registry-stand.ts';

const later = (seconds: number): Date => new Date(at.getTime() + seconds * 1000);

const expired = async ({ jobs }: RegistryStand, when: Date): Promise<readonly string[]> => {
  const all: string[] = [];
  for (let shard = 0; shard < shards; shard += 1) all.push(...(await jobs.expired(shard, when, 50)));
  return all;
};

const describeJobStore = (name: string, make: () => Promise<RegistryStand>): void => {
  describe(`A job store ${name}`, () => {
    test('keeps a job as it was written, with the modules it locks and their configuration', async () => {
      const it = await make();
      const request = aRequest(it.tenant);
      const { job } = request;
      await it.jobs.commit(request);
      expect(await it.jobs.get(job.id)).toEqual(job);
      expect((await it.tenantModules.read(it.tenant))?.modules).toMatchObject([{ module: 'finance', status: 'Changing', jobId: job.id }]);
      expect(await it.jobs.configuration(job.id)).toEqual({
        finance: { configuration: { currency: 'EUR' }, fields: ['currency'], insteadOf: 'nothing' },
      });
    });

    test('knows no job that nobody asked for, nor its events and configuration', async () => {
      const { jobs, tenant } = await make();
      expect(await jobs.get('nobody')).toBeUndefined();
      expect(await jobs.configuration('nobody')).toEqual({});
      expect((await jobs.events('nobody', { limit: 10 })).items).toEqual([]);
      expect((await jobs.ofTenant(tenant, { limit: 10 })).items).toEqual([]);
    });

    test('takes a new job once', async () => {
      const { jobs, tenant } = await make();
      const { job, events } = aRequest(tenant);
      await jobs.commit({ job, events, tenantModules: [] });
      await expect(jobs.commit({ job, events, tenantModules: [] })).rejects.toMatchObject(contended);
    });

    test('takes one of two requests for a module, and the lost one stored nothing', async () => {
      const it = await make();
      const [first, second] = [aRequest(it.tenant), aRequest(it.tenant)];
      await it.jobs.commit(first);
      await expect(it.jobs.commit({ ...second, tenantRevision: { expected: 2 } })).rejects.toMatchObject(contended);
      expect(await it.jobs.get(second.job.id)).toBeUndefined();
      expect((await it.jobs.events(second.job.id, { limit: 10 })).items).toEqual([]);
      expect((await it.tenantModules.read(it.tenant))?.tenant.revision).toBe(2);
    });

    test('takes one of many changes of a job that come at the same time, so its events have no gap', async () => {
      const { jobs, tenant } = await make();
      const request = aRequest(tenant);
      await jobs.commit(request);
      const races = await Promise.allSettled([1, 2, 3, 4].map(() => jobs.commit(validating(request.job))));
      expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const race of races) if (race.status === 'rejected') expect(race.reason).toMatchObject(contended);
      expect((await jobs.events(request.job.id, { limit: 10 })).items.map(({ sequence }) => sequence)).toEqual([1, 2]);
      expect((await jobs.get(request.job.id))?.sequence).toBe(2);
    });

    test('keeps of an event who, when, what and why', async () => {
      const { jobs, tenant } = await make();
      const { job, ...request } = aRequest(tenant);
      const error = { name: 'Refused', message: 'no', facts: { module: 'finance' } };
      await jobs.commit({ job, ...request });
      await jobs.commit(changeOf(job, fail(job, { reason: 'subscription-required', error }, { ...timing, at: later(3) })));
      const facts = { kind: 'install', modules: { finance: { from: null, to: '1.0.0' } } };
      const about = { aggregate: `JOB#${job.id}`, jobId: job.id, tenantId: tenant, module: 'finance', facts, attempt: 1 };
      expect((await jobs.events(job.id, { limit: 10 })).items).toEqual([
        {
          ...about,
          id: expect.any(String),
          sequence: 1,
          name: 'ModuleInstallationRequested',
          actor: 'ada',
          at: at.toISOString(),
          to: 'Pending',
        },
        {
          ...about,
          ...{ id: expect.any(String), sequence: 2, name: 'ModuleInstallationFailed', actor: 'system', at: later(3).toISOString() },
          ...{ from: 'Pending', to: 'Failed', reason: 'subscription-required', error, stepDurationsMs: { Pending: 3000 } },
        },
      ]);
    });

    test('renews the lease of the attempt that is the job’s, with its progress', async () => {
      const { jobs, tenant } = await make();
      const request = aRequest(tenant);
      const { id } = request.job;
      await jobs.commit(request);
      const stepEnded = { step: 'finance.MigrateTenant', at };
      const progress = { module: 'finance', applied: 1, total: 3 };
      expect(await jobs.renewLease({ job: id, attempt: 1, leaseUntil: later(300), stepEnded, progress })).toBe(true);
      expect(await jobs.get(id)).toMatchObject({
        leaseUntil: later(300),
        sequence: 1,
        modules: [{ progress: { applied: 1, total: 3 } }],
        stepEnds: { 'finance.MigrateTenant': at },
      });
    });

    test('renews no lease for an attempt that was taken over, nor of a job that has ended or never was', async () => {
      const { jobs, tenant } = await make();
      const { job, ...request } = aRequest(tenant);
      const old = { job: job.id, attempt: 1, leaseUntil: later(900), progress: { module: 'finance', applied: 9, total: 9 } };
      await jobs.commit({ job, ...request });
      const second = changeOf(job, takeOver(job, { fence: 3 }, timing));
      await jobs.commit(second);
      expect(await jobs.renewLease(old)).toBe(false);
      expect(await jobs.get(job.id)).toEqual(second.job);
      const ended = changeOf(second.job, fail(second.job, {}, timing));
      await jobs.commit({ ...ended, tenantModules: [{ module: 'finance', before: locked(job, 'finance') }] });
      expect(await jobs.renewLease({ ...old, attempt: 2 })).toBe(false);
      expect(await jobs.renewLease({ ...old, job: 'nobody' })).toBe(false);
      expect(await jobs.get(job.id)).toEqual(ended.job);
    });

    test('does not take over an attempt that has just shown a sign of life', async () => {
      const { jobs, tenant } = await make();
      const { job, ...request } = aRequest(tenant);
      await jobs.commit({ job, ...request });
      await jobs.renewLease({ job: job.id, attempt: 1, leaseUntil: later(300) });
      await expect(jobs.commit(changeOf(job, takeOver(job, { fence: 3 }, timing)))).rejects.toMatchObject(contended);
    });

    test('finds open jobs whose lease ran out, and only those', async () => {
      const it = await make();
      const [silent, alive, ended] = [aRequest(it.tenant), aRequest(it.tenant, 'calendar'), aRequest(it.tenant, 'cards')];
      for (const { job, events } of [silent, alive, ended]) await it.jobs.commit({ job, events, tenantModules: [] });
      await it.jobs.renewLease({ job: alive.job.id, attempt: 1, leaseUntil: later(300) });
      await it.jobs.commit(changeOf(ended.job, fail(ended.job, {}, timing)));
      const of = async (when: Date): Promise<readonly string[]> => {
        const ours = [silent, alive, ended].map(({ job }) => job.id);
        return (await expired(it, when)).filter((id) => ours.includes(id));
      };
      expect([await of(later(1)), await of(later(31))]).toEqual([[], [silent.job.id]]);
      expect([...(await of(later(301)))].sort()).toEqual([silent.job.id, alive.job.id].sort());
    });

    test('finds the longest silent first, and no more than it is asked for', async () => {
      const it = await make();
      const requests = Array.from({ length: 40 }, (_, n) => aRequest(it.tenant, `m${n}`, later(-3600 * (1 + ((n * 7) % 40)))));
      for (const { job, events } of requests) await it.jobs.commit({ job, events, tenantModules: [] });
      const leases = new Map(requests.map(({ job }) => [job.id, job.leaseUntil?.getTime() ?? 0]));
      for (let shard = 0; shard < shards; shard += 1) {
        const all = (await it.jobs.expired(shard, at, 100)).filter((id) => leases.has(id));
        expect(all).toEqual(all.toSorted((a, b) => Number(leases.get(a)) - Number(leases.get(b))));
        if (all.length > 2) expect(await it.jobs.expired(shard, at, 2)).toEqual(all.slice(0, 2));
      }
    });

    test('lists a tenant’s own jobs newest first, a page at a time', async () => {
      const { jobs, tenant } = await make();
      const requests = [1, 2, 3, 4, 5].map((n) => aRequest(tenant, `m${n}`));
      const others = aRequest('01JD0000000000000000000GBX');
      for (const { job, events } of [...requests, others]) await jobs.commit({ job, events, tenantModules: [] });
      const pages = await pagesOf((cursor) => jobs.ofTenant(tenant, { limit: 2, ...(cursor ? { cursor } : {}) }));
      const newestFirst = requests.map(({ job }) => job.id).toSorted((a, b) => (a < b ? 1 : -1));
      expect(pages.every((page) => page.length <= 2)).toBe(true);
      expect(pages.flat().map(({ id }) => id)).toEqual(newestFirst);
    });

    test('lists a job’s events in order, a page at a time', async () => {
      const { jobs, tenant } = await make();
      const request = aRequest(tenant);
      await jobs.commit(request);
      const begun = validating(request.job);
      await jobs.commit(begun);
      await jobs.commit(changeOf(begun.job, fail(begun.job, {}, timing)));
      const pages = await pagesOf((cursor) => jobs.events(request.job.id, { limit: 2, ...(cursor ? { cursor } : {}) }));
      expect(pages.map((page) => page.map(({ sequence }) => sequence)).filter((page) => page.length > 0)).toEqual([[1, 2], [3]]);
    });

    test('rejects a cursor that no page gave', async () => {
      const { jobs, tenant } = await make();
      await expect(jobs.ofTenant(tenant, { limit: 2, cursor: 'bm90aGluZw' })).rejects.toMatchObject({ name: 'Malformed' });
    });

    test('keeps for what a job waits, and when it looks again', async () => {
      const { jobs, tenant } = await make();
      const request = aRequest(tenant);
      await jobs.commit(request);
      const begun = validating(request.job);
      await jobs.commit(begun);
      const what = { reason: 'subscription-unavailable', message: 'nobody can say', nextTryAt: later(60) };
      const waiting = changeOf(begun.job, wait(begun.job, what, timing));
      await jobs.commit(waiting);
      expect(await jobs.get(request.job.id)).toEqual(waiting.job);
      const nextTryAt = later(120);
      expect(await jobs.renewLease({ job: request.job.id, attempt: 1, leaseUntil: later(240), nextTryAt })).toBe(true);
      expect((await jobs.get(request.job.id))?.waiting).toEqual({ ...what, since: at, nextTryAt });
    });

    test('keeps that a job only goes forward, why it was to be undone, and where its tenant’s data lay', async () => {
      const { jobs, tenant } = await make();
      const request = aRequest(tenant);
      await jobs.commit(request);
      let last: Job = request.job;
      const decisions = [
        (job: Job) => beginValidating(job, timing),
        (job: Job) => beginWork(job, timing, { clusterArn: 'arn:cluster', database: 'tenant_acme' }),
        (job: Job) => beginRollback(job, { reason: 'step-failed', error: { name: 'Defect', message: 'it broke' } }, timing),
        (job: Job) => turnForward(job, timing),
      ];
      for (const decide of decisions) {
        const next = changeOf(last, decide(last));
        await jobs.commit(next);
        expect(await jobs.get(last.id)).toEqual(next.job);
        last = next.job;
      }
      expect(last).toMatchObject({ forwardOnly: true, restorePoint: { database: 'tenant_acme', at } });
    });

    test('keeps of each module the first restore point that it was given', async () => {
      const { jobs, tenant } = await make();
      const { id } = aRequest(tenant).job;
      const point = { version: '1.0.0', fingerprint: 'f1', rowCounts: { invoices: 3 }, at: at.toISOString() };
      await jobs.addRestorePoint(id, { module: 'membership', ...point, lsn: '0/16B3748' });
      await jobs.addRestorePoint(id, { module: 'finance', ...point });
      await jobs.addRestorePoint(id, { module: 'finance', ...point, fingerprint: 'f2', rowCounts: {} });
      expect(await jobs.restorePoints(id)).toEqual([
        { module: 'finance', ...point },
        { module: 'membership', ...point, lsn: '0/16B3748' },
      ]);
      expect(await jobs.restorePoints('nobody')).toEqual([]);
    });

    test('says in an event of several modules what becomes of each, and names none as the one', async () => {
      const { jobs, tenant } = await make();
      const modules = [aChange('install', 'membership'), aChange('upgrade')];
      const about = { id: ulid(), kind: 'upgrade' as const, tenantId: tenant, tenantSlug: 'acme', modules, fence: 2 };
      const { job, events } = requestJob({ ...about, requested: ['membership', 'finance'], requestedBy: 'ada', attemptsMax: 3 }, timing);
      await jobs.commit({ job, events, tenantModules: [] });
      const [event] = (await jobs.events(job.id, { limit: 10 })).items;
      expect(event?.facts).toEqual({
        kind: 'upgrade',
        modules: { membership: { from: null, to: '1.0.0' }, finance: { from: '1.0.0', to: '2.0.0' } },
      });
      expect(event).not.toHaveProperty('module');
    });

    test('keeps the answer to a request in the transaction that stores the job', async () => {
      const { jobs, idempotency, tenant } = await make();
      const request = aRequest(tenant);
      const record = { id: request.job.id, bodyHash: 'b', answer: { jobId: request.job.id } };
      await jobs.commit({ ...request, idempotency: record });
      expect(await idempotency.find(record.id, at)).toEqual(record);
    });

    test('stores neither job nor answer when the key is taken, and no answer when the job is refused', async () => {
      const { jobs, idempotency, tenant } = await make();
      const [first, second, third] = [aRequest(tenant), aRequest(tenant, 'calendar'), aRequest(tenant)];
      const record = { id: first.job.id, bodyHash: 'b', answer: {} };
      await jobs.commit({ ...first, idempotency: record });
      const revised = { ...second, tenantRevision: { expected: 2 } };
      await expect(jobs.commit({ ...revised, idempotency: record })).rejects.toMatchObject(contended);
      expect(await jobs.get(second.job.id)).toBeUndefined();
      await expect(jobs.commit({ ...third, idempotency: { ...record, id: third.job.id } })).rejects.toMatchObject(contended);
      expect(await idempotency.find(third.job.id, at)).toBeUndefined();
    });
  });
};

describeJobStore('in memory', inMemory);
describeJobStore('in DynamoDB', inDynamodb(registryTable()));
