import { describe, expect, test } from '@jest/globals';
import {
  makeListModules,
  makeReadJob,
  makeReadJobEvents,
  makeReadRestorePoint,
  makeRequireModule,
  makeShowModule,
} from '../../../contexts/module-registry/application/queries.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { makeMemoryCatalog } from '../../support/memory-catalog.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { aChange, beforeChange, jobId } from '../../support/module-job.ts';
import { anEmptyRegistry, aRegistry, input } from './registry-under-test.ts';

const refusedWith = (reason: string) => ({ refusal: { kind: 'not-found', reason } });

describe('A question about the catalog', () => {
  const aCatalog = async () => {
    const catalog = makeMemoryCatalog();
    const event = { name: 'ModuleRegistered', actor: 'ada', at: '2026-01-01T00:00:00.000Z' };
    const finance = aModule('finance', {}, { newestPublished: '1.0.0' });
    const drafts = ['1.1.0', '2.0.0'].map((version) => aModule('finance', { version, status: 'draft' }).version);
    await catalog.save({ module: finance.module, versions: [finance.version, ...drafts], others: [], event });
    const calendar = aModule('calendar', { status: 'draft' });
    await catalog.save({ module: calendar.module, versions: [calendar.version], others: [], event });
    return catalog;
  };

  test.each([
    [true, ['calendar', 'finance'], ['2.0.0', '1.1.0', '1.0.0']],
    [false, ['finance'], ['1.0.0']],
  ])('shows what nobody has published yet: %s', async (drafts, names, versions) => {
    const catalog = await aCatalog();
    expect((await makeListModules(catalog)({ limit: 10, drafts })).items.map(({ name }) => name)).toEqual(names);
    expect((await makeShowModule(catalog)({ module: 'finance', drafts })).versions.map(({ version }) => version)).toEqual(versions);
  });

  test('about a module with drafts only, or about none, is refused alike', async () => {
    const catalog = await aCatalog();
    const asked = ['calendar', 'nowhere'].map((module) => makeShowModule(catalog)({ module, drafts: false }));
    for (const one of asked) await expect(one).rejects.toMatchObject(refusedWith('unknown-module'));
  });
});

describe('A module’s own API', () => {
  const locked = (change: 'install' | 'upgrade' | 'restore'): TenantModule => {
    const standing = beforeChange(aChange(change)) ?? { tenantId, module: 'finance', configuration: {} };
    return { ...standing, status: 'Changing', jobId };
  };

  test.each<readonly [string, boolean, TenantModule | undefined]>([
    ['is Active', true, beforeChange(aChange('upgrade'))],
    ['is being upgraded', true, locked('upgrade')],
    ['is being installed', false, locked('install')],
    ['is archived', false, beforeChange(aChange('restore'))],
    ['is being restored', false, locked('restore')],
    ['is not there', false, undefined],
  ])('answers while the module %s: %s', async (_, answers, found) => {
    const { state, tenantModules } = anEmptyRegistry();
    if (found) state.modules.set('finance', found);
    const asked = makeRequireModule(tenantModules)(tenantId, 'finance');
    if (answers) expect(await asked).toEqual(found);
    else await expect(asked).rejects.toMatchObject(refusedWith('module-not-installed'));
  });

  test.each<readonly [string, string, Partial<TenantModule>]>([
    ['is being uninstalled', 'is being uninstalled by job', { status: 'Changing', leaving: true }],
    ['waits for a person', 'waits for an operator', { status: 'ManualIntervention' }],
  ])('says 409 and which job has the module while it %s', async (_, words, more) => {
    const { state, tenantModules } = anEmptyRegistry();
    const standing = beforeChange(aChange('uninstall')) ?? { tenantId, module: 'finance', configuration: {}, status: 'Active' };
    state.modules.set('finance', { ...standing, jobId, ...more });
    await expect(makeRequireModule(tenantModules)(tenantId, 'finance')).rejects.toMatchObject({
      refusal: {
        kind: 'conflict',
        reason: 'module-in-change',
        message: expect.stringContaining(words),
        facts: { module: 'finance', job: jobId },
      },
    });
  });
});

describe('A question about a job', () => {
  test('is answered to its own tenant and to whoever may know of all', async () => {
    const { jobs, stored } = await aRegistry();
    for (const query of [{ jobId }, { jobId, ofTenant: tenantId }]) expect(await makeReadJob(jobs)(query)).toEqual(stored());
  });

  test('of another tenant, or of none, is answered as if there were no such job', async () => {
    const { jobs } = await aRegistry();
    for (const query of [{ jobId, ofTenant: 'globex' }, { jobId: 'nobody' }]) {
      await expect(makeReadJob(jobs)(query)).rejects.toMatchObject(refusedWith('unknown-job'));
      await expect(makeReadJobEvents(jobs)(query, { limit: 10 })).rejects.toMatchObject(refusedWith('unknown-job'));
      await expect(makeReadRestorePoint(jobs)(query)).rejects.toMatchObject(refusedWith('unknown-job'));
    }
  });

  test('tells its restore point once it has begun to change something', async () => {
    const { jobs, steps, ports } = await aRegistry({ changes: [aChange('upgrade')] });
    const read = makeReadRestorePoint(jobs);
    await expect(read({ jobId })).rejects.toMatchObject(refusedWith('no-restore-point'));
    await steps.validate(input);
    const point = { fingerprint: 'f1', rowCounts: { invoices: 3 }, at: '2026-01-01T00:00:00.000Z', lsn: '0/16B3748' };
    expect(await steps.storeRestorePoint({ ...input, module: 'finance', point })).toEqual({ outcome: 'continue' });
    expect(await read({ jobId })).toEqual({
      ...{ clusterArn: 'arn:cluster', database: 'tenant_acme', at: ports.clock.now() },
      modules: [{ module: 'finance', version: '1.0.0', ...point }],
    });
  });
});
