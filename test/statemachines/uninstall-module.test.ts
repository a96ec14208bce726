import { describe, expect, test } from '@jest/globals';
import { Defect, Unavailable } from '../../contexts/shared/domain/errors.ts';
import { aModule } from '../support/memory-registry.ts';
import { aChange, archiveDays, beforeChange } from '../support/module-job.ts';
import type { Script } from '../support/scripted-migrator.ts';
import { openWorkflow } from '../support/workflow.ts';
import { failingOnce, givenChange, standing } from './module-changes.ts';
import { aModuleJob } from './module-stand.ts';

const workflow = openWorkflow('uninstall-module.asl.json');
const broken = new Defect('it broke', { sqlState: '55P03' });
const times = <T>(n: number, value: T): readonly T[] => Array.from({ length: n }, () => value);

/** finance and what it needs, both with hooks, in the order in which they are removed. */
const uninstall = (script?: Script) =>
  aModuleJob(workflow, { ...givenChange('uninstall', ['finance', 'membership']), ...(script ? { script } : {}) });
const purge = (script?: Script) =>
  aModuleJob(workflow, {
    changes: [aChange('purge', 'finance', { archive: 2 })],
    modules: [aModule('finance', { hooks: ['preUninstall', 'postUninstall'] })],
    ...(script ? { script } : {}),
  });

describe('An uninstall', () => {
  test('archives each module after its hook, dependents first; then come the post hooks; and all are Archived together', async () => {
    const it = await uninstall();
    const end = await it.run();
    expect([end.lastState, it.stored().state]).toEqual(['Removed', 'Uninstalled']);
    expect(it.asked()).toEqual([
      ...['finance', 'membership'].flatMap((module) => ['restorePoint', 'runHook', 'archiveForTenant'].map((act) => `${module}.${act}`)),
      ...['finance.runHook', 'membership.runHook'],
    ]);
    expect(standing(it)).toEqual({ finance: ['Archived', undefined], membership: ['Archived', undefined] });
  });

  test('leaves archives that are kept for so many days, each under the number that the plan gave it', async () => {
    const it = await aModuleJob(workflow, { changes: [aChange('uninstall', 'finance', { archive: 4 })] });
    await it.run();
    const at = new Date('2026-01-01T00:00:00.000Z');
    const expiresAt = new Date(at.getTime() + archiveDays * 86_400_000);
    expect(it.state.modules.get('finance')).toMatchObject({
      ...{ status: 'Archived', configuration: { currency: 'CHF' }, archives: 4 },
      archive: { number: 4, version: '1.0.0', at, expiresAt },
    });
    expect(it.requests.find(({ operation }) => operation === 'archiveForTenant')).toMatchObject({ archive: 4, fence: 8 });
  });

  test('asks the hooks of the version that goes', async () => {
    const it = await uninstall();
    await it.run();
    const hooks = it.requests.flatMap((request) => (request.operation === 'runHook' ? [[request.hook, request.from, request.to]] : []));
    expect(hooks).toEqual(['preUninstall', 'preUninstall', 'postUninstall', 'postUninstall'].map((hook) => [hook, '1.0.0', null]));
  });

  test('takes the restore point of what stands, not of an archive that is not there yet', async () => {
    const it = await uninstall();
    await it.run();
    expect(it.requests[0]).toMatchObject({ operation: 'restorePoint', archive: null });
  });

  test('of a module without hooks only archives it', async () => {
    const it = await aModuleJob(workflow, { changes: [aChange('uninstall')] });
    await it.run();
    expect(it.asked()).toEqual(['finance.restorePoint', 'finance.archiveForTenant']);
  });
});

describe.each([
  ['instead of its function', false],
  ['after it, so that its answer is lost', true],
])('An error that a task of an uninstall meets %s', (_, answerLost) => {
  const tasks = ['TakeRestorePoint', 'StoreRestorePoint', 'RunPreHook', 'KeepLease', 'ArchiveTenant', 'NextWork', 'RunPostHook', 'HookRun'];

  test.each(tasks)('in %s gives every archive its name back, last module first, and they are what they were', async (state) => {
    const it = await uninstall();
    const end = await it.run(1, failingOnce(state, broken, answerLost));
    expect(end.lastState).toBe('Failed');
    expect([...it.state.modules.values()]).toEqual(['finance', 'membership'].map((module) => beforeChange(aChange('uninstall', module))));
    expect(it.requests.slice(-2)).toMatchObject(
      ['membership', 'finance'].map((module) => ({ module, operation: 'rollbackForTenant', undo: 'archive', archive: 1, fence: 9 })),
    );
  });

  test('in Complete ends as it was stored', async () => {
    const it = await uninstall();
    const end = await it.run(1, failingOnce('Complete', broken, answerLost));
    expect([end.lastState, it.stored().state]).toEqual(answerLost ? ['Superseded', 'Uninstalled'] : ['Failed', 'Failed']);
  });
});

describe('An uninstall that cannot be undone', () => {
  test('needs a person, after two more tries', async () => {
    const it = await uninstall({ rollbackForTenant: () => new Defect('the name is taken') });
    expect((await it.run(1, failingOnce('NextWork', broken))).lastState).toBe('ManualIntervention');
    expect(it.asked().filter((asked) => asked.endsWith('rollbackForTenant'))).toHaveLength(3);
    expect(it.stored()).toMatchObject({ state: 'ManualIntervention', reason: 'rollback-failed' });
  });
});

describe('A purge', () => {
  test('drops the archive, runs no hook, and leaves nothing', async () => {
    const it = await purge();
    expect((await it.run()).lastState).toBe('Removed');
    expect(it.asked()).toEqual(['finance.restorePoint', 'finance.purgeForTenant']);
    expect(it.requests).toMatchObject([{ archive: 2 }, { archive: 2, fence: 8 }]);
    expect([it.stored().state, it.state.modules.size]).toEqual(['Purged', 0]);
  });

  test('tries again while the database is briefly absent', async () => {
    const it = await purge({ purgeForTenant: [...times(4, new Unavailable('it is starting')), { done: true, applied: 0, total: 0 }] });
    expect((await it.run()).lastState).toBe('Removed');
  });

  test('that keeps failing needs a person, after two more tries, and the archive stays locked', async () => {
    const it = await purge({ purgeForTenant: times(3, broken) });
    const end = await it.run();
    expect(end.entered.slice(-3)).toEqual(['PurgeTenant', 'NeedIntervention', 'ManualIntervention']);
    expect(it.stored()).toMatchObject({ state: 'ManualIntervention', reason: 'step-failed', error: { message: 'it broke' } });
    expect(it.state.modules.get('finance')).toMatchObject({ status: 'ManualIntervention', archive: { number: 2 } });
  });

  test.each(['TakeRestorePoint', 'StoreRestorePoint', 'Complete'])('is never undone: an error in %s needs a person too', async (state) => {
    const it = await purge();
    expect((await it.run(1, failingOnce(state, broken))).lastState).toBe('ManualIntervention');
    expect(it.asked()).not.toContain('finance.rollbackForTenant');
    expect(it.stored().state).toBe('ManualIntervention');
  });

  test('is refused, with nothing dropped, where its checks cannot be made', async () => {
    const it = await purge();
    expect((await it.run(1, failingOnce('Validating', broken))).entered).toEqual(['Validating', 'Refuse', 'Failed']);
    expect([it.asked(), [...it.state.modules.values()]]).toEqual([[], [beforeChange(aChange('purge', 'finance', { archive: 2 }))]]);
  });
});

describe('An attempt that was taken over', () => {
  test.each(['restorePoint', 'runHook', 'archiveForTenant'] as const)(
    'during %s stops, and the next one finishes the uninstall',
    async (act) => {
      const turn = async () => {
        if (it.stored().attempt === 1) await it.takeOver();
        return { done: true, applied: 1, total: 1 };
      };
      const it = await uninstall({ [act]: () => turn });
      expect([(await it.run(1)).lastState, (await it.run(2)).lastState]).toEqual(['Superseded', 'Removed']);
      expect(standing(it)).toEqual({ finance: ['Archived', undefined], membership: ['Archived', undefined] });
    },
  );

  test('while it was undoing is followed by one that goes on undoing', async () => {
    const it = await uninstall();
    await it.run(1, { ...failingOnce('NextWork', broken), ...failingOnce('RolledBack', broken) });
    expect(it.stored().state).toBe('RollingBack');
    await it.takeOver();
    expect((await it.run(2)).entered.slice(0, 3)).toEqual(['Validating', 'Validated', 'RollBackTenant']);
    expect(standing(it)).toEqual({ finance: ['Active', '1.0.0'], membership: ['Active', '1.0.0'] });
  });
});

test('The workflow uninstall-module has no state that these tests did not enter', () => {
  expect(workflow.neverEntered()).toEqual([]);
});
