import { describe, expect, test } from '@jest/globals';
import { Contended, Defect, Unavailable } from '../../contexts/shared/domain/errors.ts';
import { aModule } from '../support/memory-registry.ts';
import { saying } from '../support/memory-subscriptions.ts';
import type { Turn } from '../support/scripted-migrator.ts';
import { openWorkflow } from '../support/workflow.ts';
import { aModuleJob, type Given } from './module-stand.ts';

const workflow = openWorkflow('install-module.asl.json');
const install = (given?: Given) => aModuleJob(workflow, given);

const times = <T>(n: number, value: T): readonly T[] => Array.from({ length: n }, () => value);
const slice = (applied: number, total: number): Turn => ({ done: applied === total, applied, total });
const gone = new Unavailable('the database is briefly absent');
const broken = new Defect('migration 2 failed', { sqlState: '42P07' });

/** Two modules with everything that a module can have. */
const fullModules = ['calendar', 'finance'].map((name) =>
  aModule(name, { migrations: { landlord: 2, tenant: 1 }, seeds: true, hooks: ['preInstall', 'postInstall'] }),
);

describe('The workflow install-module', () => {
  test('installs in as many slices as the migrator takes, and stores the progress after each', async () => {
    const progress: unknown[] = [];
    const watching = (turn: { applied: number; total: number; done: boolean }) => async () => {
      progress.push(it.stored().modules[0]?.progress.applied);
      return turn;
    };
    const slices = [1, 2, 3].map((applied) => watching({ done: applied === 3, applied, total: 3 }));
    const it = await install({ script: { migrateForTenant: slices } });
    const end = await it.run();
    expect([end.status, end.lastState, it.stored().state]).toEqual(['SUCCEEDED', 'Active', 'Active']);
    expect([...progress, it.stored().modules[0]?.progress]).toEqual([0, 1, 2, { applied: 3, total: 3 }]);
    expect(it.asked()).toEqual(times(3, 'finance.migrateForTenant'));
    expect(it.state.modules.get('finance')).toMatchObject({ status: 'Active', version: '1.0.0' });
  });

  test('goes through a plan in order: hook, landlord, tenant, seed; then the post hooks; and activates all of it together', async () => {
    const it = await install({ modules: fullModules });
    const end = await it.run();
    const operations = ['runHook', 'migrateForLandlord', 'migrateForTenant', 'seed'];
    const changed = ['calendar', 'finance'].flatMap((module) => operations.map((operation) => `${module}.${operation}`));
    expect(end.lastState).toBe('Active');
    expect(it.asked()).toEqual([...changed, 'calendar.runHook', 'finance.runHook']);
    expect(end.entered.filter((state) => state === 'Complete')).toHaveLength(1);
    expect([...it.state.modules.values()].map(({ status }) => status)).toEqual(['Active', 'Active']);
  });

  test('goes on to the next module from one that has no hooks', async () => {
    const it = await install({ modules: ['calendar', 'finance'].map((name) => aModule(name)) });
    expect((await it.run()).lastState).toBe('Active');
    expect(it.asked()).toEqual(['calendar.migrateForTenant', 'finance.migrateForTenant']);
  });

  test('records the landlord migrations that stand once the last slice of them is done', async () => {
    const known: number[] = [];
    const watching = (turn: { applied: number; total: number; done: boolean }) => async () => {
      known.push(it.state.landlord);
      return turn;
    };
    const script = { migrateForLandlord: [1, 2].map((applied) => watching({ done: applied === 2, applied, total: 2 })) };
    const it = await install({ modules: [aModule('finance', { migrations: { landlord: 2, tenant: 1 } })], script });
    expect((await it.run()).lastState).toBe('Active');
    expect([...known, it.state.landlord]).toEqual([0, 0, 2]);
    expect(it.asked()).toEqual([...times(2, 'finance.migrateForLandlord'), 'finance.migrateForTenant']);
  });

  test('leaves landlord migrations alone that stand already', async () => {
    const stands = aModule('finance', { migrations: { landlord: 2, tenant: 1 }, hooks: ['preInstall'] }, { landlordMigration: 2 });
    const it = await install({ modules: [stands] });
    expect((await it.run()).lastState).toBe('Active');
    expect(it.asked()).toEqual(['finance.runHook', 'finance.migrateForTenant']);
  });

  test('fails before anything was changed when the checks say no, and frees the module', async () => {
    const it = await install({ modules: [aModule('finance', {}, { subscriptionRequired: true })], subscriptions: saying(false) });
    const end = await it.run();
    expect([end.status, end.lastState, end.error]).toEqual(['FAILED', 'Failed', 'JobFailed']);
    expect([it.stored().state, it.stored().reason, it.asked(), it.state.modules.size]).toEqual(['Failed', 'subscription-required', [], 0]);
  });

  test('refuses when the checks cannot be made after all its tries', async () => {
    const it = await install({ fenceErrors: times(5, gone) });
    const end = await it.run();
    expect(end.entered).toEqual(['Validating', 'Refuse', 'Failed']);
    expect(it.stored()).toMatchObject({
      state: 'Failed',
      reason: 'validation-failed',
      error: { name: 'Unavailable', message: gone.message },
    });
    expect([it.asked(), it.state.modules.size]).toEqual([[], 0]);
  });

  test.each([
    ['Unavailable', gone, 4],
    ['Contended', new Contended('another worker holds the lock'), 5],
    ['Lambda.TooManyRequestsException', Object.assign(new Error('slow'), { name: 'Lambda.TooManyRequestsException' }), 4],
  ])('tries again after %s, and installs', async (_, error, retries) => {
    const it = await install({ script: { migrateForTenant: [...times(retries, error), slice(1, 1)] } });
    expect((await it.run()).lastState).toBe('Active');
    expect(it.asked()).toHaveLength(retries + 1);
  });

  test('gives up what stays unavailable after four more tries, and undoes it', async () => {
    const it = await install({ script: { migrateForTenant: times(9, gone) } });
    expect((await it.run()).lastState).toBe('Failed');
    expect(it.asked()).toEqual([...times(5, 'finance.migrateForTenant'), 'finance.rollbackForTenant']);
  });

  test('tries a defect once, undoes the plan from its end in slices, and says why it failed', async () => {
    const script = { migrateForTenant: [slice(1, 1), broken], rollbackForTenant: [slice(1, 2), slice(2, 2), slice(1, 1)] };
    const it = await install({ modules: ['calendar', 'finance'].map((name) => aModule(name)), script });
    const end = await it.run();
    expect([end.status, end.lastState]).toEqual(['FAILED', 'Failed']);
    expect(it.asked().filter((operation) => operation.endsWith('rollbackForTenant'))).toEqual([
      ...times(2, 'finance.rollbackForTenant'),
      'calendar.rollbackForTenant',
    ]);
    expect(it.asked().filter((operation) => operation === 'finance.migrateForTenant')).toHaveLength(1);
    expect(it.stored()).toMatchObject({ state: 'Failed', reason: 'step-failed', error: { name: 'Defect', message: broken.message } });
    expect(it.state.modules.size).toBe(0);
  });

  test('asks for a person when undoing keeps failing, after two more tries, and keeps the module locked', async () => {
    const it = await install({ script: { migrateForTenant: [broken], rollbackForTenant: times(9, new Defect('it cannot be dropped')) } });
    const end = await it.run();
    expect([end.status, end.lastState, end.error]).toEqual(['FAILED', 'ManualIntervention', 'ManualIntervention']);
    expect(it.asked().filter((operation) => operation === 'finance.rollbackForTenant')).toHaveLength(3);
    expect(it.stored()).toMatchObject({
      state: 'ManualIntervention',
      reason: 'rollback-failed',
      error: { message: 'it cannot be dropped' },
    });
    expect(it.state.modules.get('finance')).toMatchObject({ status: 'ManualIntervention', jobId: it.stored().id });
  });

  test.each(['beginRollback', 'rolledBack', 'needIntervention'])(
    'ends with a failed execution, which the reconciler is told of, when %s cannot be stored',
    async (step) => {
      const script = { migrateForTenant: [broken], ...(step === 'needIntervention' ? { rollbackForTenant: times(3, broken) } : {}) };
      const it = await install({ script, breakStep: { [step]: new Defect('the table refuses') } });
      expect((await it.run()).lastState).toBe('ManualIntervention');
      expect(it.stored().state).toBe(step === 'beginRollback' ? 'Installing' : 'RollingBack');
    },
  );

  test('stops as an attempt that was taken over, without touching anything', async () => {
    const it = await install();
    await it.takeOver();
    const before = structuredClone(it.state);
    const end = await it.run(1);
    expect([end.status, end.entered]).toEqual(['SUCCEEDED', ['Validating', 'Validated', 'Superseded']]);
    expect([it.asked(), structuredClone(it.state)]).toEqual([[], before]);
  });

  test.each([
    ['a slice of tenant migrations', { migrateForTenant: 'StoreProgress' }],
    ['a slice of landlord migrations', { migrateForLandlord: 'StoreLandlord' }],
    ['the seed', { seed: 'NextWork' }],
  ])('stops when it was taken over during %s, and activates nothing', async (_, during) => {
    const [operation, lastTask] = Object.entries(during)[0] ?? [];
    const turn = async () => {
      await it.takeOver();
      return { done: true, applied: 1, total: 1 };
    };
    const it = await install({ modules: fullModules.slice(0, 1), script: { [String(operation)]: [turn] } });
    const end = await it.run();
    expect([end.lastState, end.entered.at(-3)]).toEqual(['Superseded', lastTask]);
    expect(it.stored()).toMatchObject({ state: 'Installing', attempt: 2 });
    expect(it.state.modules.get('calendar')?.status).toBe('Changing');
  });

  test('is finished by the next attempt, which finds the job in the middle of its work', async () => {
    const turn = async () => {
      await it.takeOver();
      return { done: true, applied: 1, total: 1 };
    };
    const it = await install({ script: { migrateForTenant: [turn, slice(1, 1)] } });
    const ends = [await it.run(1), await it.run(2)];
    expect(ends.map(({ lastState }) => lastState)).toEqual(['Superseded', 'Active']);
    expect([it.stored().state, it.state.fences.get('finance')]).toEqual(['Active', 12]);
  });

  test('goes on undoing where an attempt that was undoing was lost', async () => {
    const it = await install({ script: { migrateForTenant: [broken] }, breakStep: { rolledBack: new Defect('lost') } });
    await it.run(1);
    await it.takeOver();
    expect((await it.run(2)).entered.slice(0, 3)).toEqual(['Validating', 'Validated', 'RollBackTenant']);
  });

  test('does nothing once the job has ended', async () => {
    const it = await install();
    await it.run();
    const commits = it.state.commits.length;
    expect((await it.run()).lastState).toBe('Superseded');
    expect([it.state.commits.length, it.asked()]).toEqual([commits, ['finance.migrateForTenant']]);
  });

  test('has no state that these tests did not enter, but for those of other changes', () => {
    expect(workflow.neverEntered()).toEqual([
      'WaitForSubscription',
      ...['TakeRestorePoint', 'StoreRestorePoint', 'RestorePointStored'],
      ...['RestoreTenant', 'RestoreStored', 'Restored'],
      ...['ContractDirection', 'ContractTenant', 'DowngradeTenant', 'StoreContract', 'MoreContract'],
    ]);
  });
});
