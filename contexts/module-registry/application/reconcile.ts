import { type IdempotencyRecord, type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Contended, type Refusal, Refused } from '../../shared/domain/errors.ts';
import { evolve, hasEnded, type Job, retry, takeOver } from '../domain/job.ts';
import { inTheWay } from '../domain/plan.ts';
import { type TenantModule, tenantModuleAfter } from '../domain/tenant-module.ts';
import type { Executions, JobStore, TenantModuleChange, TenantModules } from './ports.ts';

export interface ReconcilePorts {
  readonly jobs: JobStore;
  readonly tenantModules: TenantModules;
  readonly executions: Executions;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly shards: number;
}

const jobsPerShardMax = 50;

/** What became of the jobs that a sweep looked at. */
export interface Sweep {
  readonly takenOver: readonly string[];
  /** Someone else, or the job's own worker, was faster. */
  readonly leftAlone: readonly string[];
}

/** Takes over every open job whose lease ran out. Safe to run at any time, also twice at once. */
export const makeSweep = (ports: ReconcilePorts) => async (): Promise<Sweep> => {
  const takenOver: string[] = [];
  const leftAlone: string[] = [];
  for (let shard = 0; shard < ports.shards; shard += 1) {
    for (const jobId of await ports.jobs.expired(shard, ports.clock.now(), jobsPerShardMax)) {
      const job = await ports.jobs.get(jobId);
      const silent = job?.leaseUntil !== undefined && job.leaseUntil <= ports.clock.now();
      const taken = job !== undefined && silent && (await takeOverJob(ports, job, 'its lease ran out'));
      (taken ? takenOver : leftAlone).push(jobId);
    }
  }
  return { takenOver, leftAlone };
};

/** Takes a job over at once, because the execution of `attempt` has ended without the job ending. False where there is nothing to take over. */
export const makeReconcileExecution =
  (ports: ReconcilePorts) =>
  async ({ jobId, attempt }: { readonly jobId: string; readonly attempt: number }): Promise<boolean> => {
    const job = await ports.jobs.get(jobId);
    return job !== undefined && job.attempt === attempt && takeOverJob(ports, job, 'its execution ended');
  };

const takeOverJob = async (ports: ReconcilePorts, before: Job, cause: string): Promise<boolean> => {
  if (hasEnded(before)) return false;
  await ports.executions.stop(before, cause);
  const decide = (fence: number, at: Date) => takeOver(before, { fence }, { at, leaseSeconds: ports.leaseSeconds });
  return nextAttempt(ports, before, { decide });
};

interface NextAttempt {
  readonly decide: (fence: number, at: Date) => ReturnType<typeof takeOver>;
  readonly idempotency?: IdempotencyRecord;
}

/** Stores the events that `decide` makes with the next fence, and starts the execution of the attempt they begin. */
const nextAttempt = async (ports: ReconcilePorts, before: Job, { decide, ...kept }: NextAttempt): Promise<boolean> => {
  const read = await ports.tenantModules.read(before.tenantId);
  if (!read) return false;
  const events = decide(read.tenant.revision + 1, ports.clock.now());
  if (events.length === 0) return false;
  const job = events.reduce(evolve, before);
  try {
    const tenantModules = await changesOf(ports, job, read.modules);
    await ports.jobs.commit({ before, job, events, tenantModules, tenantRevision: { expected: read.tenant.revision }, ...kept });
  } catch (error) {
    if (error instanceof Contended) return false;
    throw error;
  }
  if (!hasEnded(job)) await ports.executions.start(job);
  return true;
};

/** The tenant modules that the job's new state changes. A module that is in other hands by now refuses the job. */
const changesOf = async ({ jobs }: ReconcilePorts, job: Job, modules: readonly TenantModule[]): Promise<readonly TenantModuleChange[]> => {
  const changes = job.modules.flatMap((change) => {
    const before = modules.find(({ module }) => module === change.module);
    if (before && before.jobId !== job.id) throw new Refused(elsewhere(job, before));
    const after = tenantModuleAfter(job, change, before);
    const same = before?.status === after?.status && before?.version === after?.version;
    return same ? [] : [{ module: change.module, ...(before ? { before } : {}), ...(after ? { after } : {}) }];
  });
  if (changes.every(({ before }) => before !== undefined)) return changes;
  const configuration = await jobs.configuration(job.id);
  return changes.map((change) =>
    change.before || !change.after ? change : { ...change, after: { ...change.after, configuration: configuration[change.module] ?? {} } },
  );
};

const elsewhere = (job: Job, tenantModule: TenantModule): Refusal => {
  const refusal = inTheWay(tenantModule);
  return { ...refusal, message: `job ${job.id} cannot be tried again: ${refusal.message}` };
};

export interface RetryJob {
  readonly jobId: string;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

/** A person asks for a job again: the next attempt of the same job. Rejects with `Refused` where that makes no sense. */
export const makeRetryJob =
  (ports: ReconcilePorts & { readonly idempotency: IdempotencyStore }) =>
  async ({ jobId, actor, idempotency }: RetryJob): Promise<{ readonly jobId: string }> => {
    const answer = { jobId };
    if (await keptAnswer(ports.idempotency, idempotency, ports.clock.now())) return answer;
    const before = await ports.jobs.get(jobId);
    if (!before) throw new Refused({ kind: 'not-found', reason: 'unknown-job', message: `there is no job ${jobId}` });
    const decide = (fence: number, at: Date) => {
      const events = retry(before, { fence, actor }, { at, leaseSeconds: ports.leaseSeconds });
      if ('reason' in events) throw new Refused(events);
      return events;
    };
    const started = await nextAttempt(ports, before, { decide, ...(idempotency ? { idempotency: { ...idempotency, answer } } : {}) });
    if (!started) throw new Contended(`job ${jobId} was changed by another request; ask again`);
    return answer;
  };
