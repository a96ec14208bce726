import type { Clock } from '../../shared/domain/clock.ts';
import { evolve, hasEnded, type Job, type JobEvent, type Timing } from '../domain/job.ts';
import { type CommitJobPorts, commitJob } from './commit-job.ts';
import { aboutVersion, type CurrentModule, type Phase } from './module-work.ts';
import type {
  Catalog,
  Fences,
  JobStore,
  OnJobEnded,
  SignOfLife,
  Subscriptions,
  TenantModules,
  WorkFacts,
  WorkFactsReader,
} from './ports.ts';
import { releasedBy } from './release.ts';

/** What every step about a tenant's modules is made of. */

export interface ModuleStepsPorts {
  readonly jobs: JobStore;
  readonly secrets: CommitJobPorts['secrets'];
  readonly onSecretLeft: CommitJobPorts['onSecretLeft'];
  readonly catalog: Pick<Catalog, 'landlordStands'>;
  readonly tenantModules: Pick<TenantModules, 'read'>;
  readonly facts: WorkFactsReader;
  readonly subscriptions: Subscriptions;
  readonly fences: Fences;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly archiveDays: number;
  readonly onJobEnded: OnJobEnded;
  /** What another context stores together with the job in its new state, in the words of the store's adapter. */
  readonly alongside: (job: Job) => readonly unknown[];
}

export type StepAnswer =
  | { readonly outcome: 'superseded' | 'ended' | 'failed' | 'done' | 'complete' | 'more' | 'migrated' | 'continue' | 'manual-intervention' }
  | { readonly outcome: 'wait'; readonly waitSeconds: number }
  | { readonly outcome: Phase | 'rollback'; readonly current: CurrentModule };

/** Shows that the attempt is at work; false where it is not the job's any more. */
export const renew = (
  { jobs }: ModuleStepsPorts,
  { id, attempt }: Pick<Job, 'id' | 'attempt'>,
  { at, leaseSeconds }: Timing,
  more: Pick<SignOfLife, 'stepEnded' | 'progress' | 'nextTryAt'> = {},
): Promise<boolean> => {
  const from = more.nextTryAt ?? at;
  return jobs.renewLease({ job: id, attempt, leaseUntil: new Date(from.getTime() + leaseSeconds * 1000), ...more });
};

export const factsOf = ({ facts }: ModuleStepsPorts, job: Job): Promise<WorkFacts> =>
  facts.read(
    job.tenantId,
    job.modules.map((change) => ({ module: change.module, version: aboutVersion(change) })),
  );

/** Stores what a decision said, with the tenant modules that follow from it; nothing when it was silent. */
export const move = async (ports: ModuleStepsPorts, before: Job, events: readonly JobEvent[]): Promise<Job> => {
  if (events.length === 0) return before;
  const job = events.reduce(evolve, before);
  const tenantModules = hasEnded(job) ? await releasedBy(ports, job) : [];
  await commitJob(ports, { before, job, events, tenantModules, alongside: ports.alongside(job) });
  if (hasEnded(job)) ports.onJobEnded(job);
  return job;
};
