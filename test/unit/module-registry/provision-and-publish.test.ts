import { describe, expect, test } from '@jest/globals';
import { makePublishEvents, makePublishStrays } from '../../../contexts/module-registry/application/publish-events.ts';
import { makeTenantSteps } from '../../../contexts/module-registry/application/tenant-steps.ts';
import { type Job, requestJob, type TenantJobKind, takeOver } from '../../../contexts/module-registry/domain/job.ts';
import { retry } from '../../../contexts/module-registry/domain/job-by-hand.ts';
import { Refused } from '../../../contexts/shared/domain/errors.ts';
import { makeMemoryBus } from '../../support/memory-bus.ts';
import { makeMemoryRegistry, tenantId } from '../../support/memory-registry.ts';

const jobId = '01JD00000000000000000000J1';
const at = new Date('2026-01-01T00:00:00Z');
const input = { jobId, attempt: 1 };
const error = { name: 'Defect', message: 'it broke' };

const aProvisioning = async (kind: TenantJobKind = 'provision') => {
  const memory = makeMemoryRegistry();
  const request = {
    id: jobId,
    kind,
    tenantId,
    tenantSlug: 'acme',
    modules: [],
    requested: [],
    fence: 1,
    requestedBy: 'ada',
    attemptsMax: 3,
  };
  const { job, events } = requestJob(request, { at, leaseSeconds: 120 });
  await memory.jobs.commit({ job, events, tenantModules: [] });
  const log: string[] = [];
  const work = {
    raiseFence: async (_: Job, fence: number): Promise<void> => void log.push(`fence ${fence}`),
    begun: () => ['provisioning'],
    make: async (_: Job, fence: number): Promise<readonly unknown[]> => {
      log.push(`make ${fence}`);
      return ['active'];
    },
    undo: async (_: Job, fence: number) => {
      log.push(`undo ${fence}`);
      return ['failed'];
    },
    refused: () => ['refused'],
    cleanUp: async (_: Job, fence: number): Promise<void> => void log.push(`clean up ${fence}`),
  };
  const works = { provision: work, deprovision: work, 'restore-tenant': work, 'purge-tenant': work };
  const steps = makeTenantSteps({ jobs: memory.jobs, works, clock: { now: () => at }, leaseSeconds: 120, onJobEnded: () => {} });
  return { memory, work, log, steps, stored: () => memory.state.jobs.get(jobId), along: () => memory.state.commits.at(-1)?.alongside };
};

describe('The provisioning workflow’s steps', () => {
  test('store what was made together with the job’s end', async () => {
    const { steps, stored, along } = await aProvisioning();
    expect(await steps.validate(input)).toEqual({ outcome: 'provision' });
    expect(await steps.work(input)).toEqual({ outcome: 'done' });
    expect([stored()?.state, along()]).toEqual(['Provisioned', ['active']]);
    expect(await steps.work(input)).toEqual({ outcome: 'ended' });
  });

  test('undo, and say so with the job’s end', async () => {
    const { steps, stored, along } = await aProvisioning();
    await steps.validate(input);
    expect(await steps.beginRollback({ ...input, error })).toEqual({ outcome: 'rollback' });
    expect(await steps.validate(input)).toEqual({ outcome: 'rollback' });
    expect(await steps.rollBack(input)).toEqual({ outcome: 'failed' });
    expect([stored()?.state, along()]).toEqual(['Failed', ['failed']]);
  });

  test('fail when the cluster cannot be reached, and do not call failed what was begun', async () => {
    const early = await aProvisioning();
    const late = await aProvisioning();
    await late.steps.validate(input);
    await early.steps.refuse({ ...input, error });
    await late.steps.refuse({ ...input, error });
    expect([early.stored()?.state, early.along(), late.stored()?.state]).toEqual(['Failed', ['refused'], 'Provisioning']);
  });

  test('ask for a person when undoing failed, and give way to a newer attempt', async () => {
    const { steps, stored } = await aProvisioning();
    await steps.validate(input);
    await steps.beginRollback({ ...input, error });
    expect(await steps.needIntervention({ ...input, error })).toEqual({ outcome: 'manual-intervention' });
    expect(stored()?.state).toBe('ManualIntervention');
    expect(await steps.work({ jobId, attempt: 2 })).toEqual({ outcome: 'superseded' });
    await expect(steps.work({ jobId: 'nobody', attempt: 1 })).rejects.toMatchObject({ name: 'Defect' });
  });
});

describe('Work on a tenant that only goes forward', () => {
  test('asks for a person when it keeps failing, and starts over when it is retried', async () => {
    const { steps, stored, memory } = await aProvisioning('purge-tenant');
    await steps.validate(input);
    await steps.beginRollback({ ...input, error });
    expect(stored()?.state).toBe('Purging');
    await steps.needIntervention({ ...input, error });
    const stuck = stored();
    expect([stuck?.state, stuck?.reason]).toEqual(['ManualIntervention', 'step-failed']);
    if (!stuck) throw new Error('the job is gone');
    const again = retry(stuck, { fence: 9, actor: 'ada' }, { at, leaseSeconds: 120 });
    expect('reason' in again ? again : again.map(({ to }) => to)).toEqual(['Pending']);
    expect(memory.state.commits.length).toBeGreaterThan(0);
  });

  test('is not rolled back when its last attempt is lost', async () => {
    const { steps, stored } = await aProvisioning('purge-tenant');
    await steps.validate(input);
    const lost = stored();
    if (!lost) throw new Error('the job is gone');
    const [event] = takeOver({ ...lost, attemptsLeft: 0 }, { fence: 9 }, { at, leaseSeconds: 120 });
    expect(event?.to).toBe('ManualIntervention');
  });
});

test('A failed deprovisioning is asked for anew, not retried: the tenant may have moved on', async () => {
  const { steps, stored } = await aProvisioning('deprovision');
  await steps.refuse({ ...input, error });
  const failed = stored();
  expect(failed && retry(failed, { fence: 9, actor: 'ada' }, { at, leaseSeconds: 120 })).toMatchObject({ reason: 'not-retryable' });
});

describe('A worker that comes too late', () => {
  const superseded = new Refused({ kind: 'conflict', reason: 'superseded', message: 'a newer attempt is at work' });

  test('is held back by the fence of undoing, which is higher than that of the work it undoes', async () => {
    const { steps, log } = await aProvisioning();
    await steps.validate(input);
    await steps.beginRollback({ ...input, error });
    await steps.rollBack(input);
    expect(log).toEqual(['fence 4', 'fence 5', 'undo 5']);
  });

  test('makes nothing once its attempt is being undone', async () => {
    const { steps, log } = await aProvisioning();
    await steps.validate(input);
    await steps.beginRollback({ ...input, error });
    expect(await steps.work(input)).toEqual({ outcome: 'superseded' });
    expect(log).toEqual(['fence 4', 'clean up 5']);
  });

  test.each(['RollingBack', 'Failed'] as const)('takes away what no fence guards when its job is %s by then', async (state) => {
    // given
    const { steps, work, memory, log } = await aProvisioning();
    await steps.validate(input);
    work.make = async (job) => {
      memory.state.jobs.set(jobId, { ...job, attempt: 2, fence: 7, state });
      throw superseded;
    };
    // when
    expect(await steps.work(input)).toEqual({ outcome: 'superseded' });
    // then
    expect(log).toEqual(['fence 4', 'clean up 29']);
  });

  test('leaves alone what a newer attempt is making, or has begun to make meanwhile', async () => {
    // given
    const { steps, work, memory, log } = await aProvisioning();
    await steps.validate(input);
    work.make = async (job) => {
      memory.state.jobs.set(jobId, { ...job, attempt: 2, fence: 7 });
      throw superseded;
    };
    work.cleanUp = async () => {
      throw superseded;
    };
    // when
    const answers = [await steps.work(input)];
    const job = memory.state.jobs.get(jobId);
    if (job) memory.state.jobs.set(jobId, { ...job, state: 'Failed' });
    answers.push(await steps.work(input));
    // then
    expect([answers, log]).toEqual([[{ outcome: 'superseded' }, { outcome: 'superseded' }], ['fence 4']]);
  });

  test('ends without a word where even its fence is refused', async () => {
    const { steps, work, stored } = await aProvisioning();
    work.raiseFence = async () => {
      throw superseded;
    };
    expect(await steps.validate(input)).toEqual({ outcome: 'superseded' });
    expect(stored()?.state).toBe('Validating');
  });
});

test('Undoing is not called done because the cluster could not be asked about it', async () => {
  const { steps, stored } = await aProvisioning();
  await steps.validate(input);
  await steps.beginRollback({ ...input, error });
  await steps.refuse({ ...input, error });
  expect(stored()?.state).toBe('RollingBack');
});

const anEvent = (sequence: number) => ({
  id: `e${sequence}`,
  sequence,
  name: 'ModuleInstallationStarted',
  aggregate: 'JOB#1',
  actor: 'system',
  at: at.toISOString(),
});

describe('Publishing', () => {
  test('marks what the bus took, and names what it did not', async () => {
    const memory = makeMemoryBus(['e2']);
    const refused = await makePublishEvents(memory)([anEvent(1), anEvent(2), anEvent(3)]);
    expect([[...refused], memory.marked]).toEqual([['e2'], [1, 3]]);
  });

  test('of nothing, or of what the bus refused whole, marks nothing', async () => {
    const memory = makeMemoryBus(['e1']);
    expect((await makePublishEvents(memory)([])).size + (await makePublishEvents(memory)([anEvent(1)])).size).toBe(1);
    expect(memory.marked).toEqual([]);
  });

  test('of what the stream could not deliver is made up for by the reconciler', async () => {
    const memory = makeMemoryBus();
    memory.waiting.push(anEvent(4));
    expect(await makePublishStrays({ ...memory, clock: { now: () => at }, shards: 2 })()).toBe(1);
    expect(memory.sent.map(({ sequence }) => sequence)).toEqual([4]);
  });
});
