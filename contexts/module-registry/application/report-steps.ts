import type { Clock } from '../../shared/domain/clock.ts';
import { Defect, Refused } from '../../shared/domain/errors.ts';
import {
  beginValidating,
  beginWork,
  complete,
  evolve,
  fail,
  hasEnded,
  type Job,
  type JobError,
  type JobEvent,
  onlyReads,
  type ReportPeriod,
} from '../domain/job.ts';
import type { JobStore, OnJobEnded } from './ports.ts';

export interface ReportStepsPorts {
  readonly jobs: Pick<JobStore, 'get' | 'commit' | 'renewLease'>;
  /**
   * Another context writes the report down, and calls `goOn` between whiles, which rejects once another attempt is at it. Answers
   * what is to be stored together with the job's end.
   */
  readonly write: (report: ReportOf, goOn: () => Promise<void>) => Promise<readonly unknown[]>;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly onJobEnded: OnJobEnded;
}

export interface ReportOf extends ReportPeriod {
  readonly jobId: string;
  readonly tenantId: string;
  readonly tenantSlug: string;
}

interface StepInput {
  readonly jobId: string;
  readonly attempt: number;
}
interface StepAnswer {
  readonly outcome: 'superseded' | 'ended' | 'done' | 'failed';
}

/** The steps of a job that only reads: it writes its report, or it fails. Each may run again, and gives way to a newer attempt. */
export const makeReportSteps = (ports: ReportStepsPorts) => {
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
      const job = await read(ports, input.jobId);
      if (job.attempt !== input.attempt) return { outcome: 'superseded' };
      return hasEnded(job) ? { outcome: 'ended' } : givingWay(() => work(job, input));
    };
  return {
    write: onJob(async (before) => {
      const begun = beginValidating(before, timing());
      const job = await move(before, [...begun, ...beginWork(begun.reduce(evolve, before), timing())]);
      const renewed = { leaseUntil: job.leaseUntil };
      const goOn = async (): Promise<void> => {
        const leaseUntil = new Date(ports.clock.now().getTime() + ports.leaseSeconds * 1000);
        if (!(await ports.jobs.renewLease({ job: job.id, attempt: job.attempt, leaseUntil }))) throw new Refused(superseded(job));
        renewed.leaseUntil = leaseUntil;
      };
      await goOn();
      const made = await ports.write(reportOf(job), goOn);
      const now: Job = { ...job, ...(renewed.leaseUntil ? { leaseUntil: renewed.leaseUntil } : {}) };
      await move(now, complete(now, timing()), made);
      return { outcome: 'done' };
    }),
    fail: onJob<{ error: JobError }>(async (job, { error }) => {
      await move(job, fail(job, { reason: 'report-not-written', error }, timing()));
      return { outcome: 'failed' };
    }),
  };
};

const reportOf = ({ id, kind, tenantId, tenantSlug, report }: Job): ReportOf => {
  if (!onlyReads(kind) || report === undefined) throw new Defect(`job ${id} (${kind}) is not about a report`);
  return { jobId: id, tenantId, tenantSlug, ...report };
};

const superseded = ({ id, attempt }: Job) =>
  ({ kind: 'conflict', reason: 'superseded', message: `attempt ${attempt} of job ${id} has lost it to another` }) as const;

const givingWay = async (work: () => Promise<StepAnswer>): Promise<StepAnswer> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused && error.refusal.reason === 'superseded') return { outcome: 'superseded' };
    throw error;
  }
};

const read = async ({ jobs }: ReportStepsPorts, jobId: string): Promise<Job> => {
  const job = await jobs.get(jobId);
  if (!job) throw new Defect(`there is no job ${jobId}`);
  return job;
};
