import { describe, expect, test } from '@jest/globals';
import { Contended, Defect, Unavailable } from '../../contexts/shared/domain/errors.ts';
import { openWorkflow } from '../support/workflow.ts';
import { aTenantJob } from './tenant-stand.ts';

const workflow = openWorkflow('provision-tenant.asl.json');
const aProvisioning = (breakStep: Readonly<Record<string, Error>> = {}) => aTenantJob(workflow, 'provision', breakStep);

const times = <T>(n: number, value: T): readonly T[] => Array.from({ length: n }, () => value);
const gone = new Unavailable('the cluster is briefly absent');
const broken = new Defect('the database could not be made', { sqlState: '53100' });
const all = ['secret owner', 'secret app', 'role tenant_acme_owner', 'role tenant_acme_app', 'tenant_acme'];

describe('The workflow provision-tenant', () => {
  test('makes secrets, roles and database, and stores the tenant active with the job’s end', async () => {
    const it = await aProvisioning();
    const end = await it.run();
    expect(end.entered).toEqual(['Validating', 'ChecksPassed', 'Provisioning', 'DatabaseMade', 'Provisioned']);
    expect([end.status, it.stored().state, it.tenantBecame()]).toEqual(['SUCCEEDED', 'Provisioned', ['active']]);
    expect([...it.cluster.has]).toEqual(all);
  });

  test.each([
    ['Unavailable', gone, 4],
    ['Contended', new Contended('another worker prepares the same tenant'), 5],
  ])('tries again after %s, and provisions', async (_, error, retries) => {
    const it = await aProvisioning();
    it.cluster.meets('ensureDatabase', ...times(retries, error));
    expect((await it.run()).lastState).toBe('Provisioned');
    expect([...it.cluster.has]).toEqual(all);
    expect(it.cluster.log.filter((act) => act.startsWith('ensureDatabase'))).toHaveLength(retries + 1);
  });

  test('undoes what it made when it fails, under a higher fence, and says why', async () => {
    const it = await aProvisioning();
    it.cluster.meets('ensurePlatform', broken);
    const end = await it.run();
    expect([end.status, end.lastState, end.error]).toEqual(['FAILED', 'Failed', 'ProvisioningFailed']);
    expect([[...it.cluster.has], it.tenantBecame()]).toEqual([[], ['failed']]);
    expect(it.stored()).toMatchObject({ state: 'Failed', reason: 'step-failed', error: { name: 'Defect', message: broken.message } });
    expect(it.cluster.log).toEqual(expect.arrayContaining(['ensureDatabase 8', 'raiseFence 9', 'remove 9']));
  });

  test('asks for a person when undoing keeps failing, after two more tries', async () => {
    const it = await aProvisioning();
    it.cluster.meets('ensurePlatform', broken);
    it.cluster.meets('remove', ...times(9, new Defect('it is in use')));
    const end = await it.run();
    expect([end.status, end.lastState, end.error]).toEqual(['FAILED', 'ManualIntervention', 'ManualIntervention']);
    expect(it.cluster.log.filter((act) => act.startsWith('remove '))).toHaveLength(3);
    expect(it.stored()).toMatchObject({ state: 'ManualIntervention', reason: 'rollback-failed', error: { message: 'it is in use' } });
  });

  test('refuses when the cluster cannot be reached after all its tries, and has made nothing', async () => {
    const it = await aProvisioning();
    it.cluster.meets('raiseFence', ...times(5, gone));
    const end = await it.run();
    expect(end.entered).toEqual(['Validating', 'Refuse', 'Failed']);
    expect([it.stored().state, it.stored().reason, it.tenantBecame()]).toEqual(['Failed', 'validation-failed', ['failed']]);
    expect([...it.cluster.has]).toEqual([]);
  });

  test.each([
    ['refuse', 'raiseFence', 'Failed', 'Validating'],
    ['beginRollback', 'ensurePlatform', 'ManualIntervention', 'Provisioning'],
    ['needIntervention', 'remove', 'ManualIntervention', 'RollingBack'],
  ] as const)('ends with a failed execution, which the reconciler is told of, when %s cannot be stored', async (step, act, last, state) => {
    const it = await aProvisioning({ [step]: new Defect('the table refuses') });
    it.cluster.meets('ensurePlatform', broken);
    it.cluster.meets(act, ...times(5, broken));
    const end = await it.run();
    expect([end.status, end.lastState, it.stored().state]).toEqual(['FAILED', last, state]);
  });

  test('stops as an attempt that was taken over, without touching anything', async () => {
    const it = await aProvisioning();
    await it.takeOver();
    const before = it.commits();
    const end = await it.run(1);
    expect([end.status, end.entered]).toEqual(['SUCCEEDED', ['Validating', 'ChecksPassed', 'Superseded']]);
    expect([it.cluster.log, it.commits()]).toEqual([[], before]);
  });

  test('stops when a newer attempt raises the fence during its work, and leaves the work to that', async () => {
    const it = await aProvisioning();
    const second: string[] = [];
    it.cluster.meets('ensureDatabase', async () => {
      await it.takeOver();
      second.push((await it.run(2)).lastState);
    });
    const end = await it.run(1);
    expect([end.entered.slice(-3), second]).toEqual([['Provisioning', 'DatabaseMade', 'Superseded'], ['Provisioned']]);
    expect([it.stored().attempt, it.stored().state, [...it.cluster.has].sort()]).toEqual([2, 'Provisioned', all.toSorted()]);
  });

  test('stops when it was taken over while it began to undo', async () => {
    const it = await aProvisioning();
    it.cluster.meets('ensurePlatform', async () => {
      await it.takeOver();
      throw broken;
    });
    expect((await it.run(1)).entered.slice(-3)).toEqual(['RollingBack', 'RollbackBegun', 'Superseded']);
    expect(it.stored()).toMatchObject({ attempt: 2, state: 'Provisioning' });
  });

  test('goes on undoing where an attempt that was undoing was lost', async () => {
    const it = await aProvisioning({ needIntervention: new Defect('lost') });
    it.cluster.meets('ensurePlatform', broken);
    it.cluster.meets('remove', ...times(3, broken));
    await it.run(1);
    await it.takeOver();
    const end = await it.run(2);
    expect(end.entered).toEqual(['Validating', 'ChecksPassed', 'UndoProvisioning', 'NothingLeft', 'Failed']);
    expect([it.stored().state, [...it.cluster.has], it.tenantBecame()]).toEqual(['Failed', [], ['failed']]);
  });

  test('does nothing once the job has ended', async () => {
    const it = await aProvisioning();
    await it.run();
    const before = [it.commits(), it.cluster.log.length];
    expect((await it.run()).lastState).toBe('Superseded');
    expect([it.commits(), it.cluster.log.length]).toEqual(before);
  });

  test('has no state that these tests did not enter', () => {
    expect(workflow.neverEntered()).toEqual([]);
  });
});
