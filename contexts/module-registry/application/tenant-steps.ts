import { Defect } from '../../shared/domain/errors.ts';
import { fenceOf } from '../domain/fence.ts';
import {
  beginRollback,
  beginValidating,
  beginWork,
  complete,
  fail,
  hasEnded,
  isAboutModules,
  isWorking,
  type Job,
  type JobError,
  needIntervention,
  onlyReads,
  refuse,
  type TenantJobKind,
} from '../domain/job.ts';
import { givingWay, type JobStepPorts, moveJob, onOpenJob, readJob, type StepInput, timingOf } from './job-step.ts';
import type { JobStore } from './ports.ts';

/**
 * What a job does to a tenant as a whole is another context's work; the lists are what is to be stored together with the job's
 * new state. Work under a `fence` rejects with `Refused` (superseded) once a higher one was raised, and has changed nothing.
 */
export interface TenantWork {
  /** Refuses workers with lower fences from here on. */
  readonly raiseFence: (job: Job, fence: number) => Promise<void>;
  /** Stored when work begins: also that of a retry, after it had failed. */
  readonly begun: (job: Job) => readonly unknown[];
  readonly make: (job: Job, fence: number) => Promise<readonly unknown[]>;
  readonly undo: (job: Job, fence: number) => Promise<readonly unknown[]>;
  /** Stored when a job ends Failed before anything was made. */
  readonly refused: (job: Job) => readonly unknown[];
  /** For a worker that comes too late, when its job has failed: takes away what it made that no fence guards. */
  readonly cleanUp: (job: Job, fence: number) => Promise<void>;
}

export interface TenantStepsPorts extends JobStepPorts {
  readonly jobs: JobStore;
  readonly works: Readonly<Record<TenantJobKind, TenantWork>>;
}

interface StepAnswer {
  readonly outcome: 'superseded' | 'ended' | TenantJobKind | 'rollback' | 'done' | 'failed' | 'manual-intervention';
}

/** The steps of the workflows about a tenant as a whole. Each may run again, and gives way to a newer attempt. */
export const makeTenantSteps = (ports: TenantStepsPorts) => {
  const onJob = onOpenJob<StepAnswer>(ports);
  return {
    validate: onJob(async (job) => {
      if (job.state === 'RollingBack') return { outcome: 'rollback' };
      const validating = await moveJob(ports, job, beginValidating(job, timingOf(ports)));
      await workOf(ports, job).raiseFence(job, fenceOf(job));
      await moveJob(ports, validating, beginWork(validating, timingOf(ports)), workOf(ports, job).begun(job));
      return { outcome: kindOf(job) };
    }),
    refuse: onJob<{ error: JobError }>(async (job, { error }) => {
      const events = refuse(job, { reason: 'validation-failed', error }, timingOf(ports));
      await moveJob(ports, job, events, events.length > 0 ? workOf(ports, job).refused(job) : []);
      return { outcome: 'failed' };
    }),
    work: leavingNothing(
      ports,
      atLength(ports, isWorking, async (job) => {
        await moveJob(ports, job, complete(job, timingOf(ports)), await workOf(ports, job).make(job, fenceOf(job)));
        return { outcome: 'done' };
      }),
    ),
    beginRollback: onJob<{ error: JobError }>(async (job, { error }) => {
      await moveJob(ports, job, beginRollback(job, { reason: 'step-failed', error }, timingOf(ports)));
      return { outcome: 'rollback' };
    }),
    rollBack: atLength(ports, isRollingBack, async (job) => {
      await workOf(ports, job).raiseFence(job, fenceOf(job));
      await moveJob(ports, job, fail(job, {}, timingOf(ports)), await workOf(ports, job).undo(job, fenceOf(job)));
      return { outcome: 'failed' };
    }),
    needIntervention: onJob<{ error: JobError }>(async (job, { error }) => {
      await moveJob(ports, job, needIntervention(job, error, timingOf(ports)));
      return { outcome: 'manual-intervention' };
    }),
  };
};

/**
 * Long work: it begins with a sign of life, so that its lease does not run out before the function does, and is only done
 * while the job is in its state.
 */
const atLength =
  (ports: TenantStepsPorts, inState: (job: Job) => boolean, work: (job: Job) => Promise<StepAnswer>) =>
  async ({ jobId, attempt }: StepInput): Promise<StepAnswer> => {
    const job = await readJob(ports, jobId);
    if (job.attempt !== attempt) return { outcome: 'superseded' };
    if (hasEnded(job)) return { outcome: 'ended' };
    const leaseUntil = new Date(ports.clock.now().getTime() + ports.leaseSeconds * 1000);
    const own = inState(job) && (await ports.jobs.renewLease({ job: jobId, attempt, leaseUntil }));
    return own ? givingWay(() => work({ ...job, leaseUntil })) : { outcome: 'superseded' };
  };

/** A worker that came too late may have made things behind whoever takes them away: unless its work stands, it looks once more. */
const leavingNothing =
  (ports: TenantStepsPorts, step: (input: StepInput) => Promise<StepAnswer>) =>
  async (input: StepInput): Promise<StepAnswer> => {
    let answer: StepAnswer | undefined;
    try {
      answer = await step(input);
      return answer;
    } finally {
      if (answer?.outcome !== 'done') await tidyUp(ports, input.jobId);
    }
  };

/** Under the job's own fence: a later attempt that began meanwhile is left alone. */
const tidyUp = async (ports: TenantStepsPorts, jobId: string): Promise<void> => {
  const job = await readJob(ports, jobId);
  if (isRollingBack(job) || job.state === 'Failed')
    await givingWay(async () => {
      await workOf(ports, job).cleanUp(job, fenceOf(job));
      return { outcome: 'superseded' };
    });
};

const isRollingBack = ({ state }: Job): boolean => state === 'RollingBack';

const kindOf = ({ id, kind }: Job): TenantJobKind => {
  if (isAboutModules(kind) || onlyReads(kind)) throw new Defect(`job ${id} (${kind}) is not about a tenant as a whole`);
  return kind;
};

const workOf = ({ works }: TenantStepsPorts, job: Job): TenantWork => works[kindOf(job)];
