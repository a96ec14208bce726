import { describe, expect, test } from '@jest/globals';
import type { TenantJobKind } from '../../contexts/module-registry/domain/job.ts';
import { Defect, Unavailable } from '../../contexts/shared/domain/errors.ts';
import { openWorkflow } from '../support/workflow.ts';
import { aTenantJob } from './tenant-stand.ts';

const workflow = openWorkflow('deprovision-tenant.asl.json');
const live = ['secret owner', 'secret app', 'role tenant_acme_owner', 'role tenant_acme_app', 'tenant_acme'];
const archived = [...live.slice(0, 4), 'tenant_acme__a'];

/** A job about a tenant whose database lies as such a job finds it. */
const aChange = async (kind: TenantJobKind, breakStep: Readonly<Record<string, Error>> = {}) => {
  const it = await aTenantJob(workflow, kind, breakStep);
  for (const one of kind === 'deprovision' ? live : archived) it.cluster.has.add(one);
  return it;
};

const times = <T>(n: number, value: T): readonly T[] => Array.from({ length: n }, () => value);
const gone = new Unavailable('the cluster is briefly absent');
const broken = new Defect('the database could not be renamed');

describe('The workflow deprovision-tenant', () => {
  test.each([
    ['deprovision', 'Deprovisioned', archived, ['archived', 'Archive kept']],
    ['restore-tenant', 'Restored', live, ['active', 'ARCHIVE forgotten']],
    ['purge-tenant', 'Purged', [], ['deprovisioned', 'ARCHIVE forgotten']],
  ] as const)('brings a %s to its end, and stores with it what the tenant became', async (kind, state, left, became) => {
    const it = await aChange(kind);
    const end = await it.run();
    expect([end.status, end.lastState, it.stored().state]).toEqual(['SUCCEEDED', state, state]);
    expect([[...it.cluster.has], it.tenantBecame()]).toEqual([left, became]);
  });

  test.each([
    ['deprovision', 'archiveDatabase', 'Deprovisioned'],
    ['restore-tenant', 'restoreDatabase', 'Restored'],
    ['purge-tenant', 'remove', 'Purged'],
  ] as const)('tries a %s again while the cluster is briefly absent', async (kind, act, last) => {
    const it = await aChange(kind);
    it.cluster.meets(act, ...times(4, gone));
    expect((await it.run()).lastState).toBe(last);
  });

  test.each([
    ['deprovision', 'archiveDatabase', live, 'what it was'],
    ['restore-tenant', 'restoreDatabase', archived, 'archived'],
  ] as const)('undoes a %s that fails, and the tenant is as before', async (kind, act, left, became) => {
    const it = await aChange(kind);
    it.cluster.meets(act, broken);
    const end = await it.run();
    expect([end.lastState, end.error, it.stored().state]).toEqual(['Failed', 'TenantChangeFailed', 'Failed']);
    expect([[...it.cluster.has], it.tenantBecame()]).toEqual([left, [became]]);
  });

  test('asks for a person when undoing keeps failing, after two more tries', async () => {
    const it = await aChange('deprovision');
    it.cluster.meets('archiveDatabase', broken);
    it.cluster.meets('restoreDatabase', ...times(9, broken));
    expect((await it.run()).lastState).toBe('ManualIntervention');
    expect(it.cluster.log.filter((act) => act.startsWith('restoreDatabase'))).toHaveLength(3);
    expect(it.stored()).toMatchObject({ state: 'ManualIntervention', reason: 'rollback-failed' });
  });

  test('never undoes a purge: what keeps failing asks for a person, after two more tries', async () => {
    const it = await aChange('purge-tenant');
    it.cluster.meets('remove', ...times(9, broken));
    const end = await it.run();
    expect(end.entered.slice(-3)).toEqual(['Purging', 'NeedIntervention', 'ManualIntervention']);
    expect(it.cluster.log.filter((act) => act.startsWith('remove'))).toHaveLength(3);
    expect(it.stored()).toMatchObject({ state: 'ManualIntervention', reason: 'step-failed' });
  });

  test.each([
    ['deprovision', live, 'what it was'],
    ['restore-tenant', archived, 'archived'],
    ['purge-tenant', archived, 'archived'],
  ] as const)('refuses a %s when the cluster cannot be reached, and has changed nothing', async (kind, left, became) => {
    const it = await aChange(kind);
    it.cluster.meets('raiseFence', ...times(5, gone));
    expect((await it.run()).entered).toEqual(['Validating', 'Refuse', 'Failed']);
    expect([[...it.cluster.has], it.tenantBecame(), it.stored().state]).toEqual([left, [became], 'Failed']);
  });

  test('stops as an attempt that was taken over, without touching anything', async () => {
    const it = await aChange('purge-tenant');
    await it.takeOver();
    expect((await it.run(1)).entered).toEqual(['Validating', 'ChecksPassed', 'Superseded']);
    expect([it.cluster.log, [...it.cluster.has]]).toEqual([[], archived]);
  });

  test('goes on undoing where an attempt that was undoing was lost', async () => {
    const it = await aChange('deprovision', { needIntervention: new Defect('lost') });
    it.cluster.meets('archiveDatabase', broken);
    it.cluster.meets('restoreDatabase', ...times(3, broken));
    await it.run(1);
    await it.takeOver();
    expect((await it.run(2)).entered).toEqual(['Validating', 'ChecksPassed', 'UndoChange', 'NothingLeft', 'Failed']);
  });

  test('has no state that these tests did not enter', () => {
    expect(workflow.neverEntered()).toEqual([]);
  });
});
