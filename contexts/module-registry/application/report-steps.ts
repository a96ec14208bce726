import { Defect, Refused } from '../../shared/domain/errors.ts';
import {
  beginValidating,
  beginWork,
  complete,
  evolve,
  fail,
  type Job,
  type JobError,
  onlyReads,
  type ReportPeriod,
} from '../domain/job.ts';
import { type JobStepPorts, moveJob, onOpenJob, timingOf } from './job-step.ts';
import type { JobStore } from './ports.ts';

export interface ReportStepsPorts extends JobStepPorts {
  readonly jobs: Pick<JobStore, 'get' | 'commit' | 'renewLease'>;
  /**
   * Another context writes the report down, and calls `goOn` between whiles, which rejects once another attempt is at it. Answers
   * what is to be stored together with the job's end. Rejects with `Refused` where no attempt can write it.
   */
  readonly write: (report: ReportOf, goOn: () => Promise<void>) => Promise<readonly unknown[]>;
}

export interface ReportOf extends ReportPeriod {
  readonly jobId: string;
  readonly tenantId: string;
  readonly tenantSlug: string;
}

interface StepAnswer {
  readonly outcome: 'superseded' | 'ended' | 'done' | 'failed';
}

/** The steps of a job that only reads: it writes its report, or it fails. Each may run again, and gives way to a newer attempt. */
export const makeReportSteps = (ports: ReportStepsPorts) => {
  const onJob = onOpenJob<StepAnswer>(ports);
  return {
    write: onJob(async (before) => {
      const begun = beginValidating(before, timingOf(ports));
      const job = await moveJob(ports, before, [...begun, ...beginWork(begun.reduce(evolve, before), timingOf(ports))]);
      const renewed = { leaseUntil: job.leaseUntil };
      const goOn = async (): Promise<void> => {
        const leaseUntil = new Date(ports.clock.now().getTime() + ports.leaseSeconds * 1000);
        if (!(await ports.jobs.renewLease({ job: job.id, attempt: job.attempt, leaseUntil }))) throw new Refused(superseded(job));
        renewed.leaseUntil = leaseUntil;
      };
      await goOn();
      const made = await orRefusal(ports.write(reportOf(job), goOn));
      const now: Job = { ...job, ...(renewed.leaseUntil ? { leaseUntil: renewed.leaseUntil } : {}) };
      if (made instanceof Refused) {
        const { name, message, refusal } = made;
        await moveJob(ports, now, fail(now, { reason: refusal.reason, error: { name, message } }, timingOf(ports)));
        return { outcome: 'failed' };
      }
      await moveJob(ports, now, complete(now, timingOf(ports)), made);
      return { outcome: 'done' };
    }),
    fail: onJob<{ error: JobError }>(async (job, { error }) => {
      await moveJob(ports, job, fail(job, { reason: 'report-not-written', error }, timingOf(ports)));
      return { outcome: 'failed' };
    }),
  };
};

/** What was made, or why nothing can be. An attempt that gives way has refused nothing. */
const orRefusal = async <T>(made: Promise<T>): Promise<T | Refused> => {
  try {
    return await made;
  } catch (error) {
    if (error instanceof Refused && error.refusal.reason !== 'superseded') return error;
    throw error;
  }
};

const reportOf = ({ id, kind, tenantId, tenantSlug, report }: Job): ReportOf => {
  if (!onlyReads(kind) || report === undefined) throw new Defect(`job ${id} (${kind}) is not about a report`);
  return { jobId: id, tenantId, tenantSlug, ...report };
};

const superseded = ({ id, attempt }: Job) =>
  ({ kind: 'conflict', reason: 'superseded', message: `attempt ${attempt} of job ${id} has lost it to another` }) as const;
