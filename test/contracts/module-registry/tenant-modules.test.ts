import { describe, expect, test } from '@jest/globals';
import { fail } from '../../../contexts/module-registry/domain/job.ts';
import { retry } from '../../../contexts/module-registry/domain/job-by-hand.ts';
import {
  aRequest,
  changeOf,
  contended,
  inDynamodb,
  inMemory,
  locked,
  type RegistryStand,
  registryTable,
  store,
  timing,
} from './registry-stand.ts';

const modulesOf = async ({ tenantModules, tenant }: RegistryStand) => (await tenantModules.read(tenant))?.modules;
const revisionOf = async ({ tenantModules, tenant }: RegistryStand) => (await tenantModules.read(tenant))?.tenant.revision;

const describeTenantModules = (name: string, make: () => Promise<RegistryStand>): void => {
  describe(`Tenant modules ${name}`, () => {
    test('are read with their tenant, of no tenant that is not there', async () => {
      const it = await make();
      expect(await it.tenantModules.read(it.tenant)).toMatchObject({
        tenant: { id: it.tenant, status: 'active', revision: 1, plan: 'standard', storageBytes: 0, target: { tenantId: it.tenant } },
        modules: [],
      });
      expect(await it.tenantModules.read('01JD0000000000000000000N0B')).toBeUndefined();
    });

    test('are locked by the job that was asked for, and raise the tenant’s revision to its fence', async () => {
      const it = await make();
      const request = aRequest(it.tenant);
      await it.jobs.commit(request);
      expect(await modulesOf(it)).toEqual(request.tenantModules.map(({ after }) => after));
      expect(await revisionOf(it)).toBe(request.job.fence);
    });

    test('are not locked by a plan that was resolved against another revision', async () => {
      const it = await make();
      await it.jobs.commit(aRequest(it.tenant));
      await expect(it.jobs.commit(aRequest(it.tenant, 'calendar'))).rejects.toMatchObject(contended);
      expect((await modulesOf(it))?.map(({ module }) => module)).toEqual(['finance']);
    });

    test.each(['suspended', 'provisioning', 'archived'] as const)('are not locked anew while the tenant is %s', async (status) => {
      const it = await make();
      await it.setStatus(status);
      await expect(it.jobs.commit(aRequest(it.tenant))).rejects.toMatchObject(contended);
      expect([await modulesOf(it), await revisionOf(it)]).toEqual([[], 1]);
    });

    test('may be taken up again by their own job while the tenant is suspended, if its revision is the one read', async () => {
      const it = await make();
      const failed = await store(it, aRequest(it.tenant), 'Failed');
      await it.setStatus('suspended');
      const events = retry(failed, { fence: 3, actor: 'ada' }, timing);
      if ('reason' in events) throw new Error(events.message);
      const again = { ...changeOf(failed, events), tenantModules: [{ module: 'finance', after: locked(failed, 'finance') }] };
      await expect(it.jobs.commit({ ...again, tenantRevision: { expected: 1 } })).rejects.toMatchObject(contended);
      await it.jobs.commit({ ...again, tenantRevision: { expected: 2 } });
      expect([await revisionOf(it), (await modulesOf(it))?.map(({ jobId }) => jobId)]).toEqual([3, [failed.id]]);
    });

    test('become Active with the configuration that the request brought, and free', async () => {
      const it = await make();
      await store(it, aRequest(it.tenant), 'Active');
      expect(await modulesOf(it)).toEqual([
        { tenantId: it.tenant, module: 'finance', status: 'Active', version: '1.0.0', configuration: { currency: 'EUR' } },
      ]);
    });

    test('are gone when the job that locked them has failed, and can be asked for anew', async () => {
      const it = await make();
      await store(it, aRequest(it.tenant), 'Failed');
      expect(await modulesOf(it)).toEqual([]);
      const again = { ...aRequest(it.tenant), tenantRevision: { expected: 2 } };
      await it.jobs.commit(again);
      expect((await modulesOf(it))?.map(({ jobId }) => jobId)).toEqual([again.job.id]);
    });

    test('are touched by no other job', async () => {
      const it = await make();
      const owner = aRequest(it.tenant);
      const stranger = aRequest(it.tenant, 'calendar');
      await it.jobs.commit(owner);
      await it.jobs.commit({ ...stranger, tenantRevision: { expected: 2 } });
      const end = changeOf(stranger.job, fail(stranger.job, {}, timing));
      const theft = { module: 'finance', before: locked(stranger.job, 'finance') };
      await expect(it.jobs.commit({ ...end, tenantModules: [theft] })).rejects.toMatchObject(contended);
      expect((await modulesOf(it))?.find(({ module }) => module === 'finance')?.jobId).toBe(owner.job.id);
    });

    test('that stand Active are locked for a change only as they were read', async () => {
      const it = await make();
      await store(it, aRequest(it.tenant), 'Active');
      const [active] = (await modulesOf(it)) ?? [];
      if (!active) throw new Error('finance is active');
      const upgrade = aRequest(it.tenant);
      const to = (before: typeof active) => ({
        module: 'finance',
        before,
        after: { ...before, status: 'Changing' as const, jobId: upgrade.job.id },
      });
      const tenantRevision = { expected: 2 };
      const stale = it.jobs.commit({ ...upgrade, tenantRevision, tenantModules: [to({ ...active, version: '0.9.0' })] });
      await expect(stale).rejects.toMatchObject(contended);
      await it.jobs.commit({ ...upgrade, tenantRevision, tenantModules: [to(active)] });
      expect(await modulesOf(it)).toEqual([{ ...active, status: 'Changing', jobId: upgrade.job.id }]);
      const second = aRequest(it.tenant);
      const late = it.jobs.commit({ ...second, tenantRevision: { expected: 3 }, tenantModules: [to(active)] });
      await expect(late).rejects.toMatchObject(contended);
    });

    test('are forgotten with what requests have brought of their configuration; jobs stay, and what is another tenant’s', async () => {
      const it = await make();
      const given = { configuration: { currency: 'EUR' }, fields: ['currency'], insteadOf: 'nothing' };
      const { job, ...request } = aRequest(it.tenant);
      await it.jobs.commit({ ...request, job, configurations: { finance: given, membership: given } });
      await it.jobs.forgetConfigurations('01JD0000000000000000000N0B');
      expect(await it.jobs.configuration(job.id)).toEqual({ finance: given, membership: given });
      await it.jobs.forgetConfigurations(it.tenant);
      await it.jobs.forgetConfigurations(it.tenant);
      expect([await it.jobs.configuration(job.id), (await it.jobs.get(job.id))?.state]).toEqual([{}, 'Pending']);
    });

    test('of a tenant whose data is gone are forgotten, and nothing else of it', async () => {
      const it = await make();
      const request = aRequest(it.tenant);
      await it.jobs.commit(request);
      await it.tenantModules.forget('01JD0000000000000000000N0B');
      expect(await modulesOf(it)).toHaveLength(1);
      await it.tenantModules.forget(it.tenant);
      await it.tenantModules.forget(it.tenant);
      const left = await it.tenantModules.read(it.tenant);
      expect([left?.modules, left?.tenant.id]).toEqual([[], it.tenant]);
      expect(await it.jobs.get(request.job.id)).toBeDefined();
    });

    test('come to a workflow’s step with the versions that the catalog has', async () => {
      const { facts, tenant, module } = await make();
      const read = await facts.read(tenant, [
        { module, version: '1.0.0' },
        { module: 'unheard_of', version: '1.0.0' },
      ]);
      expect(read).toMatchObject({
        tenant: { id: tenant, revision: 1 },
        versions: [{ module: { name: module }, version: { version: '1.0.0' } }],
      });
      expect(read.versions).toHaveLength(1);
      expect((await facts.read(tenant, [{ module, version: '9.9.9' }])).versions).toEqual([]);
    });

    test('come to no step of a tenant that is not there', async () => {
      const { facts } = await make();
      await expect(facts.read('01JD0000000000000000000N0B', [])).rejects.toMatchObject({ name: 'Defect' });
    });
  });
};

describeTenantModules('in memory', inMemory);
describeTenantModules('in DynamoDB', inDynamodb(registryTable()));
