import { describe, expect, test } from '@jest/globals';
import { aModule } from '../../support/memory-registry.ts';
import { aChange, jobId } from '../../support/module-job.ts';
import { aRegistry, error, input } from './registry-under-test.ts';

/** finance, with what it needs before it. */
const both = [aChange('install', 'membership'), aChange('install')];

describe('The steps of the workflows that change modules', () => {
  test('take a job from Pending to Active, with one event each', async () => {
    // given
    const { steps, stored, state } = await aRegistry();
    // when
    const begun = await steps.validate(input);
    const slice = await steps.storeProgress({ ...input, module: 'finance', progress: { done: false, applied: 1, total: 2 } });
    const last = await steps.storeProgress({ ...input, module: 'finance', progress: { done: true, applied: 2, total: 2 } });
    const done = await steps.complete(input);
    // then
    expect(begun).toMatchObject({ current: { module: 'finance', last: true } });
    expect([begun.outcome, slice.outcome, last.outcome, done.outcome]).toEqual(['change', 'more', 'migrated', 'done']);
    expect([stored().state, stored().sequence, stored().modules[0]?.progress]).toEqual(['Active', 4, { applied: 2, total: 2 }]);
    expect(state.modules.get('finance')).toMatchObject({ status: 'Active', version: '1.0.0', installedBy: jobId });
    expect(state.fences.get('finance')).toBe(8);
  });

  test('may each be delivered twice', async () => {
    const { steps, stored } = await aRegistry();
    for (const step of [steps.validate, steps.validate, steps.complete, steps.complete]) await step(input);
    expect([stored().state, stored().sequence]).toEqual(['Active', 4]);
    expect(await steps.validate(input)).toEqual({ outcome: 'ended' });
  });

  test('give way to a newer attempt', async () => {
    const { steps } = await aRegistry();
    const late = { jobId, attempt: 7 };
    const answers = [
      steps.validate(late),
      steps.complete(late),
      steps.storeProgress({ ...late, module: 'finance', progress: { done: true, applied: 1, total: 1 } }),
    ];
    expect((await Promise.all(answers)).map(({ outcome }) => outcome)).toEqual(['superseded', 'superseded', 'superseded']);
  });

  test('give way when the database has seen a newer fence', async () => {
    const { steps, state } = await aRegistry();
    state.fences.set('finance', 99);
    expect(await steps.validate(input)).toEqual({ outcome: 'superseded' });
  });

  test('finish what was accepted before its tenant was suspended', async () => {
    const { steps, state } = await aRegistry();
    state.tenantStatus = 'suspended';
    expect((await steps.validate(input)).outcome).toBe('change');
  });

  test('refuse a job that does not exist', async () => {
    const { steps } = await aRegistry();
    await expect(steps.complete({ jobId: '01JD00000000000000000000J9', attempt: 1 })).rejects.toMatchObject({ name: 'Defect' });
  });

  test.each([
    ['tenant-not-active', 'deprovisioning', aModule('finance')],
    ['subscription-required', 'active', aModule('finance', {}, { subscriptionRequired: true })],
    ['withdrawn', 'active', aModule('finance', { status: 'withdrawn' })],
  ])('end the job Failed with %s when that came between, and leave nothing', async (reason, status, entry) => {
    // given
    const { steps, stored, state } = await aRegistry({}, [entry]);
    state.tenantStatus = status;
    // when
    const answer = await steps.validate(input);
    // then
    expect([answer.outcome, stored().state, stored().reason]).toEqual(['failed', 'Failed', reason]);
    expect(state.modules.size).toBe(0);
  });

  test('say of each module what its migrator has to do, and which is the last', async () => {
    // given
    const busy = aModule(
      'finance',
      { seeds: true, hooks: ['preInstall', 'postInstall'], migrations: { landlord: 2, tenant: 1 } },
      { landlordMigration: 1 },
    );
    const { steps, state } = await aRegistry({ changes: both }, [busy, aModule('membership')]);
    // when
    const first = await steps.validate(input);
    const next = await steps.nextWork({ ...input, module: 'membership', phase: 'change' });
    await steps.storeLandlord({ ...input, module: 'finance', landlordMigration: 2, progress: { done: true, applied: 2, total: 2 } });
    // then
    expect(first).toMatchObject({ current: { module: 'membership', last: false, landlordPending: false, seeds: false } });
    expect(next).toMatchObject({
      current: { module: 'finance', last: false, landlordPending: true, seeds: true, preHook: 'preInstall', postHook: 'postInstall' },
    });
    expect(state.landlord).toBe(2);
    expect(await steps.nextWork({ ...input, module: 'finance', phase: 'change' })).toMatchObject({
      outcome: 'postHook',
      current: { module: 'finance' },
    });
    expect(await steps.nextWork({ ...input, module: 'finance', phase: 'postHook' })).toEqual({ outcome: 'complete' });
  });

  test('undo the modules of a plan from the last to the first, and leave no trace', async () => {
    // given
    const { steps, stored, state } = await aRegistry({ changes: both });
    await steps.validate(input);
    // when
    const begun = await steps.beginRollback({ ...input, error });
    const again = await steps.validate(input);
    const next = await steps.rolledBack({ ...input, module: 'finance', done: true });
    const done = await steps.rolledBack({ ...input, module: 'membership', done: true });
    // then
    expect(begun).toMatchObject({ outcome: 'rollback', current: { module: 'finance', last: false } });
    expect(again).toMatchObject({ outcome: 'rollback' });
    expect(next).toMatchObject({ outcome: 'rollback', current: { module: 'membership', last: true } });
    expect([done.outcome, stored().state, stored().error, state.modules.size]).toEqual(['failed', 'Failed', error, 0]);
    await expect(steps.complete(input)).rejects.toMatchObject({ name: 'Defect' });
  });

  test('stop undoing when the database has seen a newer fence, and when nothing was begun', async () => {
    const { steps, state } = await aRegistry();
    expect(await steps.beginRollback({ ...input, error })).toEqual({ outcome: 'ended' });
    await steps.validate(input);
    state.fences.set('finance', 99);
    expect(await steps.beginRollback({ ...input, error })).toEqual({ outcome: 'superseded' });
  });

  test('ask for a person when undoing failed, and refuse what could not even be checked', async () => {
    // given
    const stuck = await aRegistry();
    await stuck.steps.validate(input);
    await stuck.steps.beginRollback({ ...input, error });
    const unreachable = await aRegistry();
    // when
    await stuck.steps.needIntervention({ ...input, error });
    await unreachable.steps.refuse({ ...input, error });
    // then
    expect([stuck.stored().state, stuck.state.modules.get('finance')?.status]).toEqual(['ManualIntervention', 'ManualIntervention']);
    expect([unreachable.stored().state, unreachable.stored().reason]).toEqual(['Failed', 'validation-failed']);
  });
});
