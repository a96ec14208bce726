import { describe, expect, test } from '@jest/globals';
import type { JobCommit, JobStore } from '../../../contexts/module-registry/application/ports.ts';
import { makeReconcileExecution, makeSweep } from '../../../contexts/module-registry/application/reconcile.ts';
import { type Job, requestJob } from '../../../contexts/module-registry/domain/job.ts';
import { Contended } from '../../../contexts/shared/domain/errors.ts';
import { tenantId } from '../../support/memory-registry.ts';
import { jobId } from '../../support/module-job.ts';
import { anEmptyRegistry, aRegistry, input } from './registry-under-test.ts';

const brokenGet =
  (get: JobStore['get']): JobStore['get'] =>
  async (id) => {
    if (id === 'broken') throw new Error('unreadable');
    return get(id);
  };

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
    await steps.complete({ jobId, attempt: 2 });
    answers.push(await reconcile({ jobId, attempt: 2 }), await reconcile({ jobId: 'nobody', attempt: 1 }));
    // then
    expect(answers).toEqual([true, false, false, false]);
    expect(stored().state).toBe('Active');
  });

  test('takes over a report, also of a tenant that is gone, and leaves the tenant’s revision as it is: a report holds nothing', async () => {
    // given
    const { ports, wait, jobs, state } = anEmptyRegistry();
    const report = { from: '2025-01-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z', format: 'csv' as const };
    const about = { id: jobId, kind: 'report' as const, tenantId, tenantSlug: 'acme', modules: [], requested: [], report, fence: 1 };
    const timing = { at: ports.clock.now(), leaseSeconds: 120 };
    const { job, events } = requestJob({ ...about, requestedBy: 'ada', attemptsMax: 3 }, timing);
    await jobs.commit({ job, events, tenantModules: [] });
    state.tenantStatus = 'deprovisioned';
    // when
    wait(31);
    const { takenOver } = await makeSweep(ports)();
    // then
    expect([takenOver, state.jobs.get(jobId)?.attempt, state.revision, state.started]).toEqual([[jobId], 2, 1, [`${jobId}-2`]]);
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
