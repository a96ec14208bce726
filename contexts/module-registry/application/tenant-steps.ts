import type { Clock } from '../../shared/domain/clock.ts';
import { Defect, Refused } from '../../shared/domain/errors.ts';
import {
  beginRollback,
  beginValidating,
  beginWork,
  complete,
  evolve,
  fail,
  hasEnded,
  type Job,
  type JobError,
  type JobEvent,
  needIntervention,
  type TenantJobKind,
} from '../domain/job.ts';
import type { JobStore, OnJobEnded } from './ports.ts';

/** What a job does to a tenant as a whole is another context's work; the lists are what is to be stored together with the job's new state. */
export interface TenantWork {
  /** Refuses older attempts from here on. Rejects with `Refused` (superseded) when a newer one is at work. */
  readonly raiseFence: (job: Job) => Promise<void>;
  /** Stored when work begins: also that of a retry, after it had failed. */
  readonly begun: (job: Job) => readonly unknown[];
  readonly make: (job: Job) => Promise<readonly unknown[]>;
  readonly undo: (job: Job) => Promise<readonly unknown[]>;
  /** Stored when a job ends Failed before anything was made. */
  readonly refused: (job: Job) => readonly unknown[];
  /** For a worker that finds itself superseded and its job failed: takes away what it made that no fence guards. */
  readonly cleanUp: (job: Job) => Promise<void>;
}

export interface TenantStepsPorts {
  readonly jobs: JobStore;
  readonly works: Readonly<Record<TenantJobKind, TenantWork>>;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly onJobEnded: OnJobEnded;
}

interface StepInput {
  readonly jobId: string;
  readonly attempt: number;
}
interface StepAnswer {
  readonly outcome: 'superseded' | 'ended' | TenantJobKind | 'rollback' | 'done' | 'failed' | 'manual-intervention';
}

/** The steps of the workflows about a tenant as a whole. Each may run again, and gives way to a newer attempt. */
export const makeTenantSteps = (ports: TenantStepsPorts) => {
  const timing = () => ({ at: ports.clock.now(), leaseSeconds: ports.leaseSeconds });
  const move = async (before: Job, events: readonly JobEvent[], alongside: readonly unknown[] = []): Promise<Job> => {
    if (events.length === 0) return before;
    const job = events.reduce(evolve, before);
    await ports.jobs.commit({ before, job, events, tenantModules: [], alongside });
    if (hasEnded(job)) ports.onJobEnded(job);
    return job;
  };
  const onJob =
    <More>(work: (job: Job, input: StepInput & More) => Promise<StepAnswer>) =>
    async (input: StepInput & More): Promise<StepAnswer> => {
      const job = await ports.jobs.get(input.jobId);
      if (!job) throw new Defect(`there is no job ${input.jobId}`);
      if (job.attempt !== input.attempt) return { outcome: 'superseded' };
      return hasEnded(job) ? { outcome: 'ended' } : work(job, input);
    };
  /** Long work begins with a sign of life, so that its lease does not run out before the function does. */
  const atLength = (work: (job: Job) => Promise<StepAnswer>) =>
    onJob(async (job) => {
      const { at, leaseSeconds } = timing();
      const leaseUntil = new Date(at.getTime() + leaseSeconds * 1000);
      if (!(await ports.jobs.renewLease({ job: job.id, attempt: job.attempt, leaseUntil }))) return { outcome: 'superseded' };
      try {
        return await work({ ...job, leaseUntil });
      } catch (error) {
        if (error instanceof Refused && error.refusal.reason === 'superseded') await giveWay(ports, job);
        throw error;
      }
    });
  return {
    validate: onJob(async (job) => {
      const validating = job.state === 'RollingBack' ? job : await move(job, beginValidating(job, timing()));
      await workOf(ports, job).raiseFence(job);
      if (job.state === 'RollingBack') return { outcome: 'rollback' };
      await move(validating, beginWork(validating, timing()), workOf(ports, job).begun(job));
      return { outcome: kindOf(job) };
    }),
    refuse: onJob<{ error: JobError }>(async (job, { error }) => {
      const events = fail(job, { reason: 'validation-failed', error }, timing());
      await move(job, events, events.length > 0 ? workOf(ports, job).refused(job) : []);
      return { outcome: 'failed' };
    }),
    work: atLength(async (job) => {
      await move(job, complete(job, timing()), await workOf(ports, job).make(job));
      return { outcome: 'done' };
    }),
    beginRollback: onJob<{ error: JobError }>(async (job, { error }) => {
      await move(job, beginRollback(job, { reason: 'step-failed', error }, timing()));
      return { outcome: 'rollback' };
    }),
    rollBack: atLength(async (job) => {
      await move(job, fail(job, {}, timing()), await workOf(ports, job).undo(job));
      return { outcome: 'failed' };
    }),
    needIntervention: onJob<{ error: JobError }>(async (job, { error }) => {
      await move(job, needIntervention(job, error, timing()));
      return { outcome: 'manual-intervention' };
    }),
  };
};

const kindOf = ({ id, kind }: Job): TenantJobKind => {
  if (kind === 'install') throw new Defect(`job ${id} is about modules, not about a tenant as a whole`);
  return kind;
};

const workOf = ({ works }: TenantStepsPorts, job: Job): TenantWork => works[kindOf(job)];

const giveWay = async (ports: TenantStepsPorts, job: Job): Promise<void> => {
  const now = await ports.jobs.get(job.id);
  if (now?.state === 'Failed') await workOf(ports, job).cleanUp(job);
};
