import type { Clock } from '../../shared/domain/clock.ts';
import { Defect, Refused } from '../../shared/domain/errors.ts';
import { evolve, hasEnded, type Job, type JobEvent, type Timing } from '../domain/job.ts';
import type { JobStore, OnJobEnded } from './ports.ts';

/** What every step of a job is made of that changes no module. */

export interface JobStepPorts {
  readonly jobs: Pick<JobStore, 'get' | 'commit'>;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly onJobEnded: OnJobEnded;
}

export interface StepInput {
  readonly jobId: string;
  readonly attempt: number;
}

interface Superseded {
  readonly outcome: 'superseded';
}
interface Ended {
  readonly outcome: 'ended';
}

export const timingOf = ({ clock, leaseSeconds }: Pick<JobStepPorts, 'clock' | 'leaseSeconds'>): Timing => ({
  at: clock.now(),
  leaseSeconds,
});

/** Stores what a decision said, and what another context stores together with it; nothing when it was silent. */
export const moveJob = async (
  { jobs, onJobEnded }: JobStepPorts,
  before: Job,
  events: readonly JobEvent[],
  alongside: readonly unknown[] = [],
): Promise<Job> => {
  if (events.length === 0) return before;
  const job = events.reduce(evolve, before);
  await jobs.commit({ before, job, events, tenantModules: [], alongside });
  if (hasEnded(job)) onJobEnded(job);
  return job;
};

/** A step on an open job that is still at the step's attempt; it gives way to a newer one that comes meanwhile. */
export const onOpenJob =
  <Answer>(ports: JobStepPorts) =>
  <More>(work: (job: Job, input: StepInput & More) => Promise<Answer>) =>
  async (input: StepInput & More): Promise<Answer | Superseded | Ended> => {
    const job = await readJob(ports, input.jobId);
    if (job.attempt !== input.attempt) return { outcome: 'superseded' };
    return hasEnded(job) ? { outcome: 'ended' } : givingWay(() => work(job, input));
  };

export const givingWay = async <Answer>(work: () => Promise<Answer>): Promise<Answer | Superseded> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused && error.refusal.reason === 'superseded') return { outcome: 'superseded' };
    throw error;
  }
};

export const readJob = async ({ jobs }: Pick<JobStepPorts, 'jobs'>, jobId: string): Promise<Job> => {
  const job = await jobs.get(jobId);
  if (!job) throw new Defect(`there is no job ${jobId}`);
  return job;
};
