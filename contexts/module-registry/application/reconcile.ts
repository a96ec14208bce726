import { type IdempotencyRecord, type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import { evolve, hasEnded, type Job, type JobEvent, retry, type Timing, takeOver } from '../domain/job.ts';
import { inTheWay } from '../domain/plan.ts';
import { type TenantModule, tenantModuleAfter } from '../domain/tenant-module.ts';
import type { Executions, JobStore, OnJobEnded, TenantFacts, TenantModuleChange, TenantModules } from './ports.ts';
import { type OnStartFailed, startOrLeave } from './start-job.ts';

export interface ReconcilePorts {
  readonly jobs: JobStore;
  readonly tenantModules: TenantModules;
  readonly executions: Executions;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly shards: number;
  readonly onStartFailed: OnStartFailed;
  readonly onJobEnded: OnJobEnded;
  /** What another context stores together with the job in its new state, in the words of the store's adapter. */
  readonly alongside: (job: Job) => readonly unknown[];
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
    const job = await changeJob(ports, before, { decide: (tenant, timing) => takeOver(before, { fence: nextFence(tenant) }, timing) });
    if (!hasEnded(job)) await ports.executions.start(job);
    return true;
  });

interface Change {
  readonly decide: (tenant: TenantFacts, timing: Timing) => readonly JobEvent[];
  readonly idempotency?: IdempotencyRecord;
}

/** What a next attempt gets. */
const nextFence = ({ revision }: TenantFacts): number => revision + 1;

/** Stores the events that `decide` makes, with the tenant modules that follow. Rejects with `Contended` when someone wrote first. */
const changeJob = async (ports: ReconcilePorts, before: Job, { decide, idempotency }: Change): Promise<Job> => {
  const read = await ports.tenantModules.read(before.tenantId);
  if (!read) throw new Refused({ kind: 'not-found', reason: 'unknown-tenant', message: `the tenant of job ${before.id} is gone` });
  const events = decide(read.tenant, { at: ports.clock.now(), leaseSeconds: ports.leaseSeconds });
  const job = events.reduce(evolve, before);
  await ports.jobs.commit({
    before,
    job,
    events,
    tenantModules: await changesOf(ports, job, read.modules),
    alongside: ports.alongside(job),
    ...(job.fence === before.fence ? {} : { tenantRevision: { expected: read.tenant.revision } }),
    ...(idempotency ? { idempotency } : {}),
  });
  if (hasEnded(job)) ports.onJobEnded(job);
  return job;
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

const outOfReach = ['archived', 'deprovisioned'];
const onTheWayThere = ['deprovisioning', 'restoring', 'purging'];

/**
 * There is nothing to work on, or a job about the tenant as a whole is at it; that job itself may be tried again. While the
 * tenant is suspended nothing is begun anew, but what needs a person may be undone.
 */
const isClosedTo = ({ kind, state }: Job, tenantStatus: string): boolean =>
  outOfReach.includes(tenantStatus) ||
  (kind === 'install' && (onTheWayThere.includes(tenantStatus) || (tenantStatus === 'suspended' && state === 'Failed')));

const notActive = ({ id }: Job, { slug, status }: TenantFacts): Refusal => ({
  kind: 'conflict',
  reason: 'tenant-not-active',
  message: `job ${id} cannot be tried again while tenant ${slug} is ${status}`,
  facts: { tenant: slug, status },
});

export interface RetryJob {
  readonly jobId: string;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

/** A person asks for a job again: the next attempt of the same job. Rejects with `Refused` where that makes no sense. */
export const makeRetryJob =
  (ports: ReconcilePorts & { readonly idempotency: IdempotencyStore }) =>
  ({ jobId, actor, idempotency }: RetryJob): Promise<{ readonly jobId: string }> =>
    whileContended(async () => {
      const answer = { jobId };
      if (await keptAnswer(ports.idempotency, idempotency, ports.clock.now())) return answer;
      const before = await ports.jobs.get(jobId);
      if (!before) throw new Refused({ kind: 'not-found', reason: 'unknown-job', message: `there is no job ${jobId}` });
      const decide: Change['decide'] = (tenant, timing) => {
        if (isClosedTo(before, tenant.status)) throw new Refused(notActive(before, tenant));
        const events = retry(before, { fence: nextFence(tenant), actor }, timing);
        if ('reason' in events) throw new Refused(events);
        return events;
      };
      const job = await changeJob(ports, before, { decide, ...(idempotency ? { idempotency: { ...idempotency, answer } } : {}) });
      await startOrLeave(ports, job);
      return answer;
    });
