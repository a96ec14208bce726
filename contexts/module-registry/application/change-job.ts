import type { IdempotencyRecord } from '../../shared/application/idempotency.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import { evolve, hasEnded, isDone, type Job, type JobEvent, type JobModule, onlyReads, type Timing } from '../domain/job.ts';
import { inTheWay } from '../domain/plan.ts';
import { type TenantModule, tenantModuleAfter } from '../domain/tenant-module.ts';
import { type CommitJobPorts, commitJob } from './commit-job.ts';
import type { GivenConfiguration, JobStore, OnJobEnded, TenantFacts, TenantModuleChange, TenantModules } from './ports.ts';

/** How whoever is not the job's own workflow changes a job: the reconciler, and persons who decide about it. */

export interface ChangeJobPorts extends CommitJobPorts {
  readonly jobs: JobStore;
  readonly tenantModules: Pick<TenantModules, 'read'>;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly archiveDays: number;
  readonly onJobEnded: OnJobEnded;
  /** What another context stores together with the job in its new state, in the words of the store's adapter. */
  readonly alongside: (job: Job) => readonly unknown[];
}

export interface TenantNow {
  readonly tenant: TenantFacts;
  readonly modules: readonly TenantModule[];
}

export interface JobChange {
  readonly decide: (now: TenantNow, timing: Timing) => Promise<readonly JobEvent[]>;
  readonly idempotency?: IdempotencyRecord;
}

/** What a next attempt gets. */
export const nextFence = ({ revision }: TenantFacts): number => revision + 1;

/** Stores the events that `decide` makes, with the tenant modules that follow. Rejects with `Contended` when someone wrote first. */
export const changeJob = async (ports: ChangeJobPorts, before: Job, { decide, idempotency }: JobChange): Promise<Job> => {
  const now = await ports.tenantModules.read(before.tenantId);
  if (!now) throw new Refused({ kind: 'not-found', reason: 'unknown-tenant', message: `the tenant of job ${before.id} is gone` });
  const events = await decide(now, { at: ports.clock.now(), leaseSeconds: ports.leaseSeconds });
  const job = events.reduce(evolve, before);
  await commitJob(ports, {
    before,
    job,
    events,
    tenantModules: await changesOf(ports, job, now.modules),
    alongside: ports.alongside(job),
    ...(job.fence === before.fence || onlyReads(job.kind) ? {} : { tenantRevision: { expected: now.tenant.revision } }),
    ...(idempotency ? { idempotency } : {}),
  });
  if (hasEnded(job)) ports.onJobEnded(job);
  return job;
};

/** The tenant modules that the job's new state changes. A module that is in other hands by now refuses the job. */
const changesOf = async (ports: ChangeJobPorts, job: Job, modules: readonly TenantModule[]): Promise<readonly TenantModuleChange[]> => {
  const given = job.modules.length === 0 ? {} : await ports.jobs.configuration(job.id);
  return job.modules.flatMap((change) => {
    const before = modules.find(({ module }) => module === change.module);
    if (before?.jobId !== undefined && before.jobId !== job.id) throw new Refused(elsewhere(job, before));
    const after = afterOf(ports, job, { change, before, given: given[change.module] });
    const same = before?.status === after?.status && before?.version === after?.version && before?.jobId === after?.jobId;
    return same ? [] : [{ module: change.module, ...(before ? { before } : {}), ...(after ? { after } : {}) }];
  });
};

interface OneModule {
  readonly change: JobModule;
  readonly before: TenantModule | undefined;
  readonly given: GivenConfiguration | undefined;
}

const afterOf = ({ archiveDays }: ChangeJobPorts, job: Job, { change, before, given }: OneModule): TenantModule | undefined => {
  const after = tenantModuleAfter(job, change, before, { ...(isDone(job) ? given : {}), archiveDays });
  if (before || !after) return after;
  return { ...after, configuration: given?.configuration ?? {}, ...(given?.secrets ? { secrets: given.secrets } : {}) };
};

const elsewhere = (job: Job, tenantModule: TenantModule): Refusal => {
  const refusal = inTheWay(tenantModule);
  return { ...refusal, message: `job ${job.id} cannot be tried again: ${refusal.message}` };
};
