import { describe, expect, test } from '@jest/globals';
import { makeProvisionSteps } from '../../../contexts/module-registry/application/provision-steps.ts';
import { makePublishEvents, makePublishStrays } from '../../../contexts/module-registry/application/publish-events.ts';
import { requestJob } from '../../../contexts/module-registry/domain/job.ts';
import { makeMemoryBus, makeMemoryRegistry, tenantId } from '../../support/memory-registry.ts';

const jobId = '01JD00000000000000000000J1';
const at = new Date('2026-01-01T00:00:00Z');
const input = { jobId, attempt: 1 };
const error = { name: 'Defect', message: 'it broke' };

const aProvisioning = async () => {
  const memory = makeMemoryRegistry();
  const request = {
    id: jobId,
    kind: 'provision' as const,
    tenantId,
    tenantSlug: 'acme',
    modules: [],
    fence: 1,
    requestedBy: 'ada',
    attemptsMax: 3,
  };
  const { job, events } = requestJob(request, { at, leaseSeconds: 120 });
  await memory.jobs.commit({ job, events, tenantModules: [] });
  const provisioning = {
    reach: async () => {},
    begun: () => ['provisioning'],
    make: async () => ['active'],
    undo: async () => ['failed'],
    refused: () => ['refused'],
  };
  const steps = makeProvisionSteps({ jobs: memory.jobs, provisioning, clock: { now: () => at }, leaseSeconds: 120, onJobEnded: () => {} });
  return { steps, stored: () => memory.state.jobs.get(jobId), along: () => memory.state.commits.at(-1)?.alongside };
};

describe('The provisioning workflow’s steps', () => {
  test('store what was made together with the job’s end', async () => {
    const { steps, stored, along } = await aProvisioning();
    expect(await steps.validate(input)).toEqual({ outcome: 'provision' });
    expect(await steps.provision(input)).toEqual({ outcome: 'provisioned' });
    expect([stored()?.state, along()]).toEqual(['Provisioned', ['active']]);
    expect(await steps.provision(input)).toEqual({ outcome: 'ended' });
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
    expect(await steps.provision({ jobId, attempt: 2 })).toEqual({ outcome: 'superseded' });
    await expect(steps.provision({ jobId: 'nobody', attempt: 1 })).rejects.toMatchObject({ name: 'Defect' });
  });
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
