import { describe, expect, test } from '@jest/globals';
import { Defect } from '../../contexts/shared/domain/errors.ts';
import { aModule } from '../support/memory-registry.ts';
import { aChange, beforeChange } from '../support/module-job.ts';
import type { Script } from '../support/scripted-migrator.ts';
import { openWorkflow } from '../support/workflow.ts';
import { anUpgrade, failingOnce, givenChange, standing } from './module-changes.ts';
import { aModuleJob, type Given, type ModuleStand } from './module-stand.ts';

const workflow = openWorkflow('install-module.asl.json');
const change = (given: Given) => aModuleJob(workflow, given);
const broken = new Defect('it broke', { sqlState: '42P07' });

const beforeAnyCommit = [
  ...['TakeRestorePoint', 'StoreRestorePoint', 'RunPreHook', 'KeepLease', 'MigrateLandlord', 'StoreLandlord'],
  ...['MigrateTenant', 'StoreProgress', 'NextWork', 'RunPostHook', 'HookRun'],
];

describe.each([
  ['instead of its function', false],
  ['after it, so that its answer is lost', true],
])('An error that a task meets %s', (_, answerLost) => {
  test.each(beforeAnyCommit)('in %s undoes the whole upgrade, last module first, and every module is what it was', async (state) => {
    const it = await anUpgrade(workflow);
    const before = ['membership', 'finance'].map((module) => beforeChange(aChange('upgrade', module)));
    const end = await it.run(1, failingOnce(state, broken, answerLost));
    expect(end.entered.slice(-7)).toEqual([
      'RollBackTenant',
      'RolledBack',
      'NothingLeft',
      'RollBackTenant',
      'RolledBack',
      'NothingLeft',
      'Failed',
    ]);
    expect(it.stored()).toMatchObject({ state: 'Failed', reason: 'step-failed', error: { name: 'Defect', message: 'it broke' } });
    expect([...it.state.modules.values()]).toEqual(before);
    expect(it.requests.slice(-2)).toMatchObject(
      ['finance', 'membership'].map((module) => ({ module, operation: 'rollbackForTenant', from: '1.0.0', undo: 'migrations', fence: 9 })),
    );
  });

  test.each(['RestoreTenant', 'RestoreStored'])('in %s undoes the restore, and the archive is what it was', async (state) => {
    const it = await change({ changes: [aChange('restore')], modules: [aModule('finance')] });
    expect((await it.run(1, failingOnce(state, broken, answerLost))).lastState).toBe('Failed');
    expect(it.requests.at(-1)).toMatchObject({ operation: 'rollbackForTenant', undo: 'restore', archive: 1, fence: 9 });
    expect([...it.state.modules.values()]).toEqual([beforeChange(aChange('restore'))]);
  });

  test('in SeedTenant undoes the module it was brought along with too', async () => {
    const changes = [aChange('upgrade', 'membership'), aChange('install')];
    const modules = [...givenChange('upgrade', ['membership']).modules, aModule('finance', { seeds: true })];
    const it = await change({ changes, modules });
    expect((await it.run(1, failingOnce('SeedTenant', broken, answerLost))).lastState).toBe('Failed');
    expect(standing(it)).toEqual({ membership: ['Active', '1.0.0'] });
  });
});

describe('Undoing an upgrade that keeps failing', () => {
  test('needs a person, after two more tries; every module stays locked, with the version that it had', async () => {
    const it = await anUpgrade(workflow, { rollbackForTenant: () => new Defect('it cannot be undone') });
    expect((await it.run(1, failingOnce('MigrateTenant', broken))).lastState).toBe('ManualIntervention');
    expect(it.asked().filter((asked) => asked.endsWith('rollbackForTenant'))).toHaveLength(3);
    expect(it.stored()).toMatchObject({
      reason: 'rollback-failed',
      error: { message: 'it cannot be undone' },
      undoneFor: { error: { message: 'it broke' } },
    });
    expect(standing(it)).toEqual({ membership: ['ManualIntervention', '1.0.0'], finance: ['ManualIntervention', '1.0.0'] });
  });
});

describe('An error before anything was begun', () => {
  test('refuses the job, and leaves every module what it was', async () => {
    const it = await anUpgrade(workflow);
    expect((await it.run(1, failingOnce('Validating', broken))).entered).toEqual(['Validating', 'Refuse', 'Failed']);
    expect([it.stored().state, it.asked(), standing(it)['finance']]).toEqual(['Failed', [], ['Active', '1.0.0']]);
  });

  test('of which only the answer was lost refuses nothing: the next attempt goes on', async () => {
    const it = await anUpgrade(workflow);
    await it.run(1, failingOnce('Validating', broken, true));
    expect(it.stored().state).toBe('Upgrading');
    await it.takeOver();
    expect((await it.run(2)).lastState).toBe('Active');
  });
});

describe('What has been committed and cannot be undone', () => {
  test.each([
    ['ContractTenant', true],
    ['StoreContract', false],
    ['StoreContract', true],
    ['Complete', false],
  ])('turns the job round when %s meets an error, and all is done again to its end (answer lost: %s)', async (state, answerLost) => {
    const it = await anUpgrade(workflow);
    const end = await it.run(1, failingOnce(state, broken, answerLost));
    expect([end.lastState, it.stored().state, it.stored().forwardOnly]).toEqual(['Active', 'Active', true]);
    expect(await it.events()).toEqual(
      ['Requested', 'Validating', 'Started', 'RollingBack', 'TurnedForward']
        .map((moment) => `ModuleUpgrade${moment}`)
        .concat('ModuleUpgraded'),
    );
    expect(it.asked().filter((asked) => asked.endsWith('rollbackForTenant'))).toEqual([]);
    expect(standing(it)).toEqual({ membership: ['Active', '2.0.0'], finance: ['Active', '2.0.0'] });
    expect([it.requests.at(0)?.operation === 'restorePoint', fencesOf(it)]).toEqual([true, [8, 10]]);
  });

  test('is nothing yet where the contract phase fails before its commit: the upgrade is undone', async () => {
    const it = await anUpgrade(workflow);
    expect((await it.run(1, failingOnce('ContractTenant', broken))).lastState).toBe('Failed');
    expect(standing(it)).toEqual({ membership: ['Active', '1.0.0'], finance: ['Active', '1.0.0'] });
  });

  test('by another job, long ago, is no reason not to undo this one', async () => {
    const it = await anUpgrade(workflow);
    it.state.committedBy.set('finance', '01JD00000000000000000000J0');
    expect((await it.run(1, failingOnce('NextWork', broken))).lastState).toBe('Failed');
    expect(standing(it)).toEqual({ membership: ['Active', '1.0.0'], finance: ['Active', '1.0.0'] });
  });

  test('stays when a module after it keeps failing: that needs a person, and nothing is undone', async () => {
    const it = await change({
      ...givenChange('upgrade', ['membership', 'finance']),
      script: {
        migrateForTenant: (request) => {
          if (request.operation !== 'migrateForTenant' || request.phase === 'expand') return { done: true, applied: 1, total: 2 };
          if (request.module === 'finance') return broken;
          it.state.committedBy.set('membership', request.jobId);
          return { done: true, applied: 2, total: 2 };
        },
      },
    });
    const end = await it.run();
    expect([end.lastState, end.entered.filter((state) => state === 'RollingBack').length]).toEqual(['ManualIntervention', 2]);
    expect(it.stored()).toMatchObject({ state: 'ManualIntervention', reason: 'step-failed', forwardOnly: true });
    expect(it.asked()).not.toContain('finance.rollbackForTenant');
    expect([...it.state.modules.values()].map(({ status, jobId }) => [status, jobId])).toEqual([
      ['ManualIntervention', it.stored().id],
      ['ManualIntervention', it.stored().id],
    ]);
  });

  test('by an attempt that was lost is found by the next one, when that is about to undo it', async () => {
    const it = await anUpgrade(workflow);
    await it.run(1, { ...failingOnce('StoreContract', broken), ...failingOnce('RollingBack', broken) });
    expect(it.stored().state).toBe('Upgrading');
    await it.takeOver();
    expect((await it.run(2, failingOnce('MigrateTenant', broken))).lastState).toBe('Active');
    expect(it.stored()).toMatchObject({ state: 'Active', attempt: 2, forwardOnly: true });
  });

  test('is found when the job is undone because it was lost as often as it may be', async () => {
    const it = await anUpgrade(workflow);
    await it.run(1, { ...failingOnce('StoreContract', broken), ...failingOnce('RollingBack', broken) });
    for (const _lost of [1, 2, 3]) await it.takeOver();
    expect(it.stored()).toMatchObject({ state: 'RollingBack', attempt: 4 });
    expect((await it.run(4)).entered.slice(0, 3)).toEqual(['Validating', 'Validated', 'StandsAlready']);
    expect(it.stored()).toMatchObject({ state: 'Active', forwardOnly: true });
  });

  test('of a downgrade turns it round too', async () => {
    const downgradeForTenant: Script['downgradeForTenant'] = ({ module }) => {
      it.state.committedBy.set(module, it.stored().id);
      return { done: true, applied: 1, total: 1 };
    };
    const it = await change({ changes: [aChange('downgrade')], modules: [aModule('finance')], script: { downgradeForTenant } });
    expect((await it.run(1, failingOnce('DowngradeTenant', broken, true))).lastState).toBe('Active');
    expect([it.stored().forwardOnly, standing(it)]).toEqual([true, { finance: ['Active', '1.0.0'] }]);
  });
});

/** The fences that migrators saw, each once. */
const fencesOf = ({ requests }: ModuleStand) => [...new Set(requests.flatMap((request) => ('fence' in request ? [request.fence] : [])))];

describe('An attempt that was taken over', () => {
  test.each(['restorePoint', 'runHook', 'migrateForLandlord', 'migrateForTenant'] as const)(
    'during %s stops, and the next one finishes the upgrade under a higher fence',
    async (operation) => {
      let taken = false;
      const turn = async () => {
        if (!taken) await it.takeOver();
        taken = true;
        return { done: true, applied: 2, total: 2 };
      };
      const it = await change({ ...givenChange('upgrade'), script: { [operation]: () => turn } });
      const ends = [await it.run(1), await it.run(2)];
      expect(ends.map(({ lastState }) => lastState)).toEqual(['Superseded', 'Active']);
      expect([fencesOf(it), standing(it)]).toEqual([[8, 12], { finance: ['Active', '2.0.0'] }]);
    },
  );

  test('between the slices of the contract phase stops, and the next one finishes it', async () => {
    const it = await anUpgrade(workflow, {
      migrateForTenant: (request) => {
        if (request.operation !== 'migrateForTenant' || request.phase === 'expand') return { done: true, applied: 1, total: 2 };
        return async () => {
          if (it.stored().attempt === 1) await it.takeOver();
          return { done: true, applied: 2, total: 2 };
        };
      },
    });
    const ends = [await it.run(1), await it.run(2)];
    expect(ends.map(({ lastState }) => lastState)).toEqual(['Superseded', 'Active']);
  });

  test('while a restored archive was renamed stops, and the next one finishes the restore', async () => {
    const restoreForTenant: Script['restoreForTenant'] = () => async () => {
      if (it.stored().attempt === 1) await it.takeOver();
      return { done: true, applied: 1, total: 1 };
    };
    const it = await change({ changes: [aChange('restore')], modules: [aModule('finance')], script: { restoreForTenant } });
    expect([(await it.run(1)).lastState, (await it.run(2)).lastState]).toEqual(['Superseded', 'Active']);
  });
});

describe('A change that is called off', () => {
  test.each([
    ['upgrade', 'migrateForTenant'],
    ['restore', 'restoreForTenant'],
  ] as const)('(%s) during %s stops between two slices, and the next attempt leaves the module what it was', async (kind, operation) => {
    const turn = async () => {
      await it.cancel();
      return { done: false, applied: 1, total: 2 };
    };
    const it = await change({ changes: [aChange(kind)], modules: givenChange(kind).modules, script: { [operation]: () => turn } });
    expect([(await it.run(1)).lastState, (await it.run(2)).lastState]).toEqual(['Superseded', 'Failed']);
    expect(it.stored()).toMatchObject({ state: 'Cancelled', reason: 'cancelled', attempt: 2 });
    expect([it.asked().at(-1), [...it.state.modules.values()]]).toEqual(['finance.rollbackForTenant', [beforeChange(aChange(kind))]]);
  });
});

test('The workflow has no state that these tests did not enter, but for waiting', () => {
  expect(workflow.neverEntered()).toEqual(['WaitForSubscription']);
});
