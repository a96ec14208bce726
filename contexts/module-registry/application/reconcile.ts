import { whileContended } from '../../shared/application/while-contended.ts';
import { hasEnded, type Job, takeOver } from '../domain/job.ts';
import { type ChangeJobPorts, changeJob, nextFence } from './change-job.ts';
import type { Executions } from './ports.ts';

export interface ReconcilePorts extends ChangeJobPorts {
  readonly executions: Executions;
  readonly shards: number;
}

const jobsPerShardMax = 50;

/** What became of the jobs that a sweep looked at. */
export interface Sweep {
  readonly takenOver: readonly string[];
  /** Someone else, or the job's own worker, was faster. */
  readonly leftAlone: readonly string[];
  /** Looked at again by the next sweep; one job's trouble keeps no other waiting. */
  readonly failed: readonly { readonly jobId: string; readonly error: unknown }[];
}

/** Takes over every open job whose lease ran out. Safe to run at any time, also twice at once. */
export const makeSweep = (ports: ReconcilePorts) => async (): Promise<Sweep> => {
  const takenOver: string[] = [];
  const leftAlone: string[] = [];
  const failed: { readonly jobId: string; readonly error: unknown }[] = [];
  const isSilent = ({ leaseUntil }: Job): boolean => leaseUntil !== undefined && leaseUntil <= ports.clock.now();
  for (let shard = 0; shard < ports.shards; shard += 1) {
    for (const jobId of await ports.jobs.expired(shard, ports.clock.now(), jobsPerShardMax)) {
      try {
        const taken = await takeOverJob(ports, jobId, { still: isSilent, because: 'its lease ran out' });
        (taken ? takenOver : leftAlone).push(jobId);
      } catch (error) {
        failed.push({ jobId, error });
      }
    }
  }
  return { takenOver, leftAlone, failed };
};

/** Takes a job over at once, because the execution of `attempt` has ended without the job ending. False where there is nothing to take over. */
export const makeReconcileExecution =
  (ports: ReconcilePorts) =>
  async ({ jobId, attempt }: { readonly jobId: string; readonly attempt: number }): Promise<boolean> =>
    takeOverJob(ports, jobId, { still: (job) => job.attempt === attempt, because: 'its execution ended' });

interface TakeOver {
  /** Whether the job, read again, still has to be taken over. */
  readonly still: (job: Job) => boolean;
  readonly because: string;
}

const takeOverJob = (ports: ReconcilePorts, jobId: string, { still, because }: TakeOver): Promise<boolean> =>
  whileContended(async () => {
    const before = await ports.jobs.get(jobId);
    if (!before || hasEnded(before) || !still(before)) return false;
    await ports.executions.stop(before, because);
    const job = await changeJob(ports, before, {
      decide: async ({ tenant }, timing) => takeOver(before, { fence: nextFence(tenant) }, timing),
    });
    if (!hasEnded(job)) await ports.executions.start(job);
    return true;
  });
