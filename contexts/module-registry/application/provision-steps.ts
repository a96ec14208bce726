import type { Clock } from '../../shared/domain/clock.ts';
import { Defect } from '../../shared/domain/errors.ts';
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
} from '../domain/job.ts';
import type { JobStore, OnJobEnded } from './ports.ts';

/** Another context's work on a tenant. `made` and `undone` answer what is to be stored together with the job's end. */
export interface TenantProvisioning {
  readonly reach: () => Promise<void>;
  /** Stored when work begins: also that of a retry, after it had failed. */
  readonly begun: (tenantId: string) => readonly unknown[];
  readonly make: (tenantId: string) => Promise<readonly unknown[]>;
  readonly undo: (tenantId: string) => Promise<readonly unknown[]>;
  /** Stored when a job ends Failed before anything was made. */
  readonly refused: (tenantId: string) => readonly unknown[];
}

export interface ProvisionStepsPorts {
  readonly jobs: JobStore;
  readonly provisioning: TenantProvisioning;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly onJobEnded: OnJobEnded;
}

interface StepInput {
  readonly jobId: string;
  readonly attempt: number;
}
interface StepAnswer {
  readonly outcome: 'superseded' | 'ended' | 'provision' | 'rollback' | 'provisioned' | 'failed' | 'manual-intervention';
}

/** The steps of the workflow provision-tenant. Each may run again, and gives way to a newer attempt. */
export const makeProvisionSteps = (ports: ProvisionStepsPorts) => {
  const { jobs, provisioning } = ports;
  const timing = () => ({ at: ports.clock.now(), leaseSeconds: ports.leaseSeconds });
  const move = async (before: Job, events: readonly JobEvent[], alongside: readonly unknown[] = []): Promise<Job> => {
    if (events.length === 0) return before;
    const job = events.reduce(evolve, before);
    await jobs.commit({ before, job, events, tenantModules: [], alongside });
    if (hasEnded(job)) ports.onJobEnded(job);
    return job;
  };
  const onJob =
    <More>(work: (job: Job, input: StepInput & More) => Promise<StepAnswer>) =>
    async (input: StepInput & More): Promise<StepAnswer> => {
      const job = await jobs.get(input.jobId);
      if (!job) throw new Defect(`there is no job ${input.jobId}`);
      if (job.attempt !== input.attempt) return { outcome: 'superseded' };
      return hasEnded(job) ? { outcome: 'ended' } : work(job, input);
    };
  return {
    validate: onJob(async (job) => {
      if (job.state === 'RollingBack') return { outcome: 'rollback' };
      const validating = await move(job, beginValidating(job, timing()));
      await provisioning.reach();
      await move(validating, beginWork(validating, timing()), provisioning.begun(job.tenantId));
      return { outcome: 'provision' };
    }),
    refuse: onJob<{ error: JobError }>(async (job, { error }) => {
      const events = fail(job, { reason: 'validation-failed', error }, timing());
      await move(job, events, events.length > 0 ? provisioning.refused(job.tenantId) : []);
      return { outcome: 'failed' };
    }),
    provision: onJob(async (job) => {
      const made = await provisioning.make(job.tenantId);
      await move(job, complete(job, timing()), made);
      return { outcome: 'provisioned' };
    }),
    beginRollback: onJob<{ error: JobError }>(async (job, { error }) => {
      await move(job, beginRollback(job, { reason: 'step-failed', error }, timing()));
      return { outcome: 'rollback' };
    }),
    rollBack: onJob(async (job) => {
      const undone = await provisioning.undo(job.tenantId);
      await move(job, fail(job, {}, timing()), undone);
      return { outcome: 'failed' };
    }),
    needIntervention: onJob<{ error: JobError }>(async (job, { error }) => {
      await move(job, needIntervention(job, error, timing()));
      return { outcome: 'manual-intervention' };
    }),
  };
};
