import { describe, expect, test } from '@jest/globals';
import { makeInstallSteps } from '../../../contexts/module-registry/application/install-steps.ts';
import type { JobCommit, JobStore } from '../../../contexts/module-registry/application/ports.ts';
import { makeReconcileExecution, makeRetryJob, makeSweep } from '../../../contexts/module-registry/application/reconcile.ts';
import { type Job, requestJob } from '../../../contexts/module-registry/domain/job.ts';
import { tenantModuleAfter } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { Contended } from '../../../contexts/shared/domain/errors.ts';
import { aModule, makeMemoryRegistry, tenantId } from '../../support/memory-registry.ts';
import { saying } from '../../support/memory-subscriptions.ts';

const jobId = '01JD00000000000000000000J1';
const error = { name: 'Defect', message: 'it broke' };
const input = { jobId, attempt: 1 };

/** A registry in which finance was asked for, with `more` modules of the plan before it. */
const aRegistry = async (more: readonly string[] = [], catalog = ['finance', ...more].map((name) => aModule(name))) => {
  const memory = makeMemoryRegistry();
  let now = new Date('2026-01-01T00:00:00Z');
  const ended: string[] = [];
  memory.state.catalog.push(...catalog);
  const modules = [...more, 'finance'].map((module) => ({
    module,
    from: null,
    to: '1.0.0',
    why: 'requested',
    migratorArn: `arn:${module}`,
  }));
  const request = {
    id: jobId,
    kind: 'install' as const,
    tenantId,
    tenantSlug: 'acme',
    modules,
    fence: 2,
    requestedBy: 'ada',
    attemptsMax: 3,
  };
  const { job, events } = requestJob(request, { at: now, leaseSeconds: 120 });
  const tenantModules = job.modules.flatMap((change) => {
    const after = tenantModuleAfter(job, change, undefined);
    return after ? [{ module: change.module, after: { ...after, configuration: { currency: 'EUR' } } }] : [];
  });
  await memory.jobs.commit({ job, events, tenantModules, tenantRevision: { expected: 1 } });
  const ports = {
    jobs: memory.jobs,
    facts: memory.facts,
    fences: memory.fences,
    tenantModules: memory.tenantModules,
    executions: memory.executions,
    catalog: { landlordStands: (_: string, migration: number) => memory.landlordStands(migration) },
    subscriptions: saying(false),
    idempotency: { find: async () => undefined, keep: async () => {} },
    clock: { now: () => now },
    leaseSeconds: 120,
    shards: 2,
    onStartFailed: () => {},
    onJobEnded: ({ state }: Job) => void ended.push(state),
    alongside: () => [],
  };
  const stored = (): Job => {
    const found = memory.state.jobs.get(jobId);
    if (!found) throw new Error('the job is stored');
    return found;
  };
  return {
    ...memory,
    ports,
    steps: makeInstallSteps(ports),
    stored,
    ended,
    wait: (seconds: number): void => {
      now = new Date(now.getTime() + seconds * 1000);
    },
  };
};

describe('The install workflow’s steps', () => {
  test('take a job from Pending to Active, with one event each', async () => {
    // given
    const { steps, stored, state } = await aRegistry();
    // when
    const begun = await steps.validate(input);
    const slice = await steps.storeProgress({ ...input, module: 'finance', progress: { done: false, applied: 1, total: 2 } });
    const last = await steps.storeProgress({ ...input, module: 'finance', progress: { done: true, applied: 2, total: 2 } });
    const done = await steps.activate(input);
    // then
    expect([begun.outcome, slice.outcome, last.outcome, done.outcome]).toEqual(['install', 'more', 'migrated', 'active']);
    expect([stored().state, stored().sequence, stored().modules[0]?.progress]).toEqual(['Active', 4, { applied: 2, total: 2 }]);
    expect(state.modules.get('finance')).toMatchObject({ status: 'Active', version: '1.0.0', installedBy: jobId });
    expect(state.fences.get('finance')).toBe(2);
  });

  test('may each be delivered twice', async () => {
    const { steps, stored } = await aRegistry();
    for (const step of [steps.validate, steps.validate, steps.activate, steps.activate]) await step(input);
    expect([stored().state, stored().sequence]).toEqual(['Active', 4]);
    expect(await steps.validate(input)).toEqual({ outcome: 'ended' });
  });

  test('give way to a newer attempt', async () => {
    const { steps } = await aRegistry();
    const late = { jobId, attempt: 7 };
    const answers = [
      steps.validate(late),
      steps.activate(late),
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
    expect((await steps.validate(input)).outcome).toBe('install');
  });

  test('refuse a job that does not exist', async () => {
    const { steps } = await aRegistry();
    await expect(steps.activate({ jobId: '01JD00000000000000000000J9', attempt: 1 })).rejects.toMatchObject({ name: 'Defect' });
  });

  test.each([
    ['tenant-not-active', 'deprovisioning', aModule('finance')],
    ['subscription-required', 'active', aModule('finance', {}, { subscriptionRequired: true })],
    ['withdrawn', 'active', aModule('finance', { status: 'withdrawn' })],
  ])('end the job Failed with %s when that came between, and leave nothing', async (reason, status, entry) => {
    // given
    const { steps, stored, state } = await aRegistry([], [entry]);
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
    const { steps, state } = await aRegistry(['membership'], [busy, aModule('membership')]);
    // when
    const first = await steps.validate(input);
    const next = await steps.nextModule({ ...input, module: 'membership' });
    await steps.storeLandlord({ ...input, module: 'finance', landlordMigration: 2, progress: { done: true, applied: 2, total: 2 } });
    // then
    expect(first).toMatchObject({ current: { module: 'membership', last: false, landlordPending: false, seeds: false } });
    expect(next).toMatchObject({
      current: { module: 'finance', last: true, landlordPending: true, seeds: true, preInstall: true, postInstall: true },
    });
    expect(state.landlord).toBe(2);
    await expect(steps.nextModule({ ...input, module: 'finance' })).rejects.toMatchObject({ name: 'Defect' });
  });

  test('undo the modules of a plan from the last to the first, and leave no trace', async () => {
    // given
    const { steps, stored, state } = await aRegistry(['membership']);
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
    await expect(steps.activate(input)).rejects.toMatchObject({ name: 'Defect' });
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

describe('The reconciler', () => {
  test('leaves a job alone whose lease runs, and takes it over once it ran out', async () => {
    // given
    const { ports, wait, stored, state } = await aRegistry();
    const sweep = makeSweep(ports);
    // when
    const early = await sweep();
    wait(31);
    const late = await sweep();
    // then
    expect([early.takenOver, late.takenOver]).toEqual([[], [jobId]]);
    expect([stored().attempt, stored().fence, state.revision]).toEqual([2, 3, 3]);
    expect([state.stopped, state.started]).toEqual([[`${jobId}-1`], [`${jobId}-2`]]);
  });

  test('takes over at once when an execution ended without its job, and never an ended or newer one', async () => {
    // given
    const { ports, steps, stored } = await aRegistry();
    const reconcile = makeReconcileExecution(ports);
    await steps.validate(input);
    // when
    const answers = [await reconcile(input), await reconcile(input)];
    await steps.activate({ jobId, attempt: 2 });
    answers.push(await reconcile({ jobId, attempt: 2 }), await reconcile({ jobId: 'nobody', attempt: 1 }));
    // then
    expect(answers).toEqual([true, false, false, false]);
    expect(stored().state).toBe('Active');
  });

  test('settles a job that was lost as often as it may be, without starting it again', async () => {
    // given
    const { ports, stored, state } = await aRegistry();
    const reconcile = makeReconcileExecution(ports);
    // when
    for (const attempt of [1, 2, 3]) await reconcile({ jobId, attempt });
    // then
    expect([stored().state, state.started, state.modules.size]).toEqual(['Failed', [`${jobId}-2`, `${jobId}-3`], 0]);
  });

  test('looks again when someone else wrote in between, and leaves alone what is no longer its to take', async () => {
    // given
    const { ports, state, steps, stored } = await aRegistry();
    let races = 0;
    const jobs = {
      ...ports.jobs,
      commit: async (commit: JobCommit) => {
        races += 1;
        if (races === 1) throw new Contended('lost');
        if (races === 2) await makeReconcileExecution(ports)(input);
        return ports.jobs.commit(commit);
      },
    };
    // when
    const answer = await makeReconcileExecution({ ...ports, jobs })(input);
    // then
    expect([answer, races, stored().attempt, state.started]).toEqual([false, 2, 2, [`${jobId}-2`]]);
    expect((await steps.validate(input)).outcome).toBe('superseded');
  });

  test('goes on with the next job where one cannot be taken over', async () => {
    // given
    const { ports, wait, stored } = await aRegistry();
    const jobs = {
      ...ports.jobs,
      expired: async (shard: number) => (shard === 0 ? ['broken', jobId] : []),
      get: brokenGet(ports.jobs.get),
    };
    wait(31);
    // when
    const sweep = await makeSweep({ ...ports, jobs })();
    // then
    expect([sweep.takenOver, sweep.failed.map((failed) => failed.jobId), stored().attempt]).toEqual([[jobId], ['broken'], 2]);
  });

  test('never lowers the tenant’s revision, nor raises it where no attempt begins', async () => {
    // given
    const { ports, state } = await aRegistry();
    const reconcile = makeReconcileExecution(ports);
    for (const attempt of [1, 2]) await reconcile({ jobId, attempt });
    state.revision = 40;
    // when
    await reconcile({ jobId, attempt: 3 });
    // then
    expect([state.jobs.get(jobId)?.state, state.revision]).toEqual(['Failed', 40]);
  });

  test('tells of each job it ended, and stores what goes along with that', async () => {
    // given
    const { ports, ended, state } = await aRegistry();
    const reconcile = makeReconcileExecution({ ...ports, alongside: ({ state: now }: Job) => [now] });
    // when
    for (const attempt of [1, 2, 3, 3]) await reconcile({ jobId, attempt });
    // then
    expect([ended, state.commits.at(-1)?.alongside]).toEqual([['Failed'], ['Failed']]);
  });
});

const brokenGet =
  (get: JobStore['get']): JobStore['get'] =>
  async (id) => {
    if (id === 'broken') throw new Error('unreadable');
    return get(id);
  };

describe('A retry', () => {
  test('locks the module again, with the configuration that the request brought', async () => {
    // given
    const { ports, steps, stored, state } = await aRegistry();
    await steps.refuse({ ...input, error });
    // when
    const answer = await makeRetryJob(ports)({ jobId, actor: 'ada' });
    // then
    expect([answer.jobId, stored().state, stored().attempt]).toEqual([jobId, 'Pending', 2]);
    expect(state.modules.get('finance')).toMatchObject({ status: 'Changing', jobId, configuration: { currency: 'EUR' } });
  });

  test.each(['archived', 'deprovisioned', 'deprovisioning', 'restoring', 'purging', 'suspended'])(
    'is refused while the tenant is %s',
    async (status) => {
      // given
      const { ports, steps, state, stored } = await aRegistry();
      await steps.refuse({ ...input, error });
      state.tenantStatus = status;
      // then
      await expect(makeRetryJob(ports)({ jobId, actor: 'ada' })).rejects.toMatchObject({
        refusal: { kind: 'conflict', reason: 'tenant-not-active', facts: { status } },
      });
      expect(stored().state).toBe('Failed');
    },
  );

  test('undoes for a suspended tenant what needs a person', async () => {
    // given
    const { ports, steps, state, stored } = await aRegistry();
    await steps.validate(input);
    await steps.beginRollback({ ...input, error });
    await steps.needIntervention({ ...input, error });
    state.tenantStatus = 'suspended';
    // when
    await makeRetryJob(ports)({ jobId, actor: 'ada' });
    // then
    expect(stored().state).toBe('RollingBack');
  });

  test('is refused while the job runs, for a job that does not exist, and when the module is in other hands', async () => {
    // given
    const { ports, steps, state } = await aRegistry();
    const retry = makeRetryJob(ports);
    const running = retry({ jobId, actor: 'ada' });
    await expect(running).rejects.toMatchObject({ refusal: { reason: 'not-retryable' } });
    await steps.refuse({ ...input, error });
    state.modules.set('finance', { tenantId, module: 'finance', status: 'Active', version: '1.0.0', configuration: {}, installedBy: 'J0' });
    // then
    await expect(retry({ jobId, actor: 'ada' })).rejects.toMatchObject({ refusal: { reason: 'already-installed' } });
    await expect(retry({ jobId: 'nobody', actor: 'ada' })).rejects.toMatchObject({ refusal: { reason: 'unknown-job' } });
  });
});
