import type { Clock } from '../../shared/domain/clock.ts';
import { Defect, type Refusal, Unavailable } from '../../shared/domain/errors.ts';
import type { TenantTarget } from '../../shared/domain/migrator-contract.ts';
import { fenceOf } from '../domain/fence.ts';
import {
  beginRollback,
  beginValidating,
  beginWork,
  complete,
  evolve,
  fail,
  hasEnded,
  isDone,
  type Job,
  type JobError,
  type JobEvent,
  needIntervention,
  onlyGoesForward,
  type Progress,
  refuse,
  type Timing,
  turnForward,
  wait,
} from '../domain/job.ts';
import { lookAgainSeconds } from '../domain/look-again.ts';
import { refusalToInstall } from '../domain/module-version.ts';
import { type CommitJobPorts, commitJob } from './commit-job.ts';
import {
  aboutVersion,
  type CurrentModule,
  contractStep,
  contractWork,
  currentModule,
  firstWork,
  hasContractLeft,
  type Phase,
  versionOf,
  workAfter,
} from './module-work.ts';
import { subscriptionRequired } from './plan-change.ts';
import type {
  Catalog,
  Fences,
  JobStore,
  ModuleRestorePoint,
  OnJobEnded,
  SignOfLife,
  Subscriptions,
  TenantModules,
  WorkFacts,
  WorkFactsReader,
} from './ports.ts';
import { releasedBy } from './release.ts';

/**
 * The registry's own steps of the workflows that change a tenant's modules. Each looks at what stands before it acts, so each
 * may run again; each gives way (`superseded`) when the job is at a newer attempt.
 */

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

export interface StepInput {
  readonly jobId: string;
  readonly attempt: number;
}

export type StepAnswer =
  | { readonly outcome: 'superseded' | 'ended' | 'failed' | 'done' | 'complete' | 'more' | 'migrated' | 'continue' | 'manual-intervention' }
  | { readonly outcome: 'wait'; readonly waitSeconds: number }
  | { readonly outcome: Phase | 'rollback'; readonly current: CurrentModule };

type Step<More = unknown> = (input: StepInput & More) => Promise<StepAnswer>;
interface Slice {
  readonly module: string;
  readonly progress: Progress & { readonly done: boolean };
}

export interface ModuleSteps {
  readonly validate: Step;
  readonly refuse: Step<{ readonly error: JobError }>;
  readonly storeLandlord: Step<Slice & { readonly landlordMigration: number }>;
  readonly storeProgress: Step<Slice>;
  /** Before a module's first change. */
  readonly storeRestorePoint: Step<{ readonly module: string; readonly point: Omit<ModuleRestorePoint, 'module' | 'version'> }>;
  readonly keepLease: Step;
  /** Answers what comes after a piece of work, or that all is done. */
  readonly nextWork: Step<{ readonly module: string; readonly phase: Phase }>;
  /** After a slice of the contract phase. */
  readonly storeContract: Step<Slice>;
  /** Ends the job, unless something is left that can only be committed. */
  readonly complete: Step;
  readonly beginRollback: Step<{ readonly error: JobError }>;
  readonly rolledBack: Step<{ readonly module: string; readonly done: boolean }>;
  readonly needIntervention: Step<{ readonly error: JobError }>;
}

export const makeModuleSteps = (ports: ModuleStepsPorts): ModuleSteps => {
  const timing = (): Timing => ({ at: ports.clock.now(), leaseSeconds: ports.leaseSeconds });
  const onJob =
    <More>(work: (job: Job, input: StepInput & More) => Promise<StepAnswer>): Step<More> =>
    async (input) => {
      const job = await ports.jobs.get(input.jobId);
      if (!job) throw new Defect(`there is no job ${input.jobId}`);
      return job.attempt === input.attempt ? work(job, input) : { outcome: 'superseded' };
    };

  return {
    validate: onJob(async (job) => validate(ports, job, timing)),
    refuse: onJob<{ error: JobError }>(async (job, { error }) => {
      await move(ports, job, refuse(job, { reason: 'validation-failed', error }, timing()));
      return { outcome: 'failed' };
    }),
    ...progressSteps(ports, timing),
    storeRestorePoint: onJob(async (job, { module, point }) => {
      const version = job.modules.find((change) => change.module === module)?.from ?? '';
      const { fingerprint, rowCounts, lsn, estimated, at } = point;
      const known = { ...(lsn === undefined ? {} : { lsn }), ...(estimated === undefined ? {} : { estimated }) };
      await ports.jobs.addRestorePoint(job.id, { module, version, fingerprint, rowCounts, at, ...known });
      return { outcome: (await renew(ports, job, timing())) ? 'continue' : 'superseded' };
    }),
    nextWork: onJob(async (job, { module, phase }) => {
      const next = workAfter(job, await factsOf(ports, job), { phase, module });
      if (!next) return { outcome: 'complete' };
      return (await renew(ports, job, timing())) ? { outcome: next.phase, current: next.current } : { outcome: 'superseded' };
    }),
    complete: onJob(async (job) => {
      const left = hasContractLeft(job) ? contractWork(job, await factsOf(ports, job)) : undefined;
      if (left) return (await renew(ports, job, timing())) ? { outcome: 'contract', current: left.current } : { outcome: 'superseded' };
      const done = await move(ports, job, complete(job, timing()));
      if (!isDone(done)) throw new Defect(`job ${job.id} is ${done.state} and cannot be completed`);
      return { outcome: 'done' };
    }),
    beginRollback: onJob(async (job, { error }) => {
      if (onlyGoesForward(job)) return stuck(ports, job, error, timing());
      const rolling = await move(ports, job, beginRollback(job, { reason: 'step-failed', error }, timing()));
      return rollback(ports, rolling, timing);
    }),
    rolledBack: onJob(async (job, { module, done }) => {
      const index = job.modules.findIndex((change) => change.module === module);
      const next = job.modules[done ? index - 1 : index];
      if (next && !(await renew(ports, job, timing()))) return { outcome: 'superseded' };
      if (next) return { outcome: 'rollback', current: currentModule(job, next, await factsOf(ports, job)) };
      await move(ports, job, fail(job, {}, timing()));
      return { outcome: 'failed' };
    }),
    needIntervention: onJob(async (job, { error }) => stuck(ports, job, error, timing())),
  };
};

const stuck = async (ports: ModuleStepsPorts, job: Job, error: JobError, timing: Timing): Promise<StepAnswer> => {
  await move(ports, job, needIntervention(job, error, timing));
  return { outcome: 'manual-intervention' };
};

/** Steps between two changes of state: one write, that loses where the attempt is not the job's any more. */
const progressSteps = (
  ports: ModuleStepsPorts,
  timing: () => Timing,
): Pick<ModuleSteps, 'storeLandlord' | 'storeProgress' | 'storeContract' | 'keepLease'> => {
  const store = async (
    { jobId, attempt, module, progress: { done, applied, total } }: StepInput & Slice,
    step: string,
  ): Promise<StepAnswer> => {
    const now = timing();
    const ended = step === 'ContractTenant' ? contractStep(module) : `${module}.${step}`;
    const stepEnded = step === 'ContractTenant' && !done ? {} : { stepEnded: { step: ended, at: now.at } };
    const more = { ...stepEnded, ...(step === 'MigrateLandlord' ? {} : { progress: { module, applied, total } }) };
    if (!(await renew(ports, { id: jobId, attempt }, now, more))) return { outcome: 'superseded' };
    return { outcome: done ? 'migrated' : 'more' };
  };
  return {
    storeLandlord: async (input) => {
      // true whoever asks: landlord migrations stand for all tenants
      if (input.progress.done) await ports.catalog.landlordStands(input.module, input.landlordMigration);
      return store(input, 'MigrateLandlord');
    },
    storeProgress: (input) => store(input, 'MigrateTenant'),
    storeContract: (input) => store(input, 'ContractTenant'),
    keepLease: async ({ jobId, attempt }) => ({
      outcome: (await renew(ports, { id: jobId, attempt }, timing())) ? 'continue' : 'superseded',
    }),
  };
};

const renew = (
  { jobs }: ModuleStepsPorts,
  { id, attempt }: Pick<Job, 'id' | 'attempt'>,
  { at, leaseSeconds }: Timing,
  more: Pick<SignOfLife, 'stepEnded' | 'progress' | 'nextTryAt'> = {},
): Promise<boolean> => {
  const from = more.nextTryAt ?? at;
  return jobs.renewLease({ job: id, attempt, leaseUntil: new Date(from.getTime() + leaseSeconds * 1000), ...more });
};

const factsOf = ({ facts }: ModuleStepsPorts, job: Job): Promise<WorkFacts> =>
  facts.read(
    job.tenantId,
    job.modules.map((change) => ({ module: change.module, version: aboutVersion(change) })),
  );

const validate = async (ports: ModuleStepsPorts, job: Job, timing: () => Timing): Promise<StepAnswer> => {
  if (hasEnded(job)) return { outcome: 'ended' };
  if (job.state === 'RollingBack') return rollback(ports, job, timing);
  const validating = await move(ports, job, beginValidating(job, timing()));
  const facts = await factsOf(ports, job);
  const refusal = validating.state === 'Validating' ? await refusalNow(ports, validating, facts, timing().at) : undefined;
  if (refusal instanceof Unavailable) return waitFor(ports, validating, refusal, timing());
  if (refusal) {
    const error = { name: 'Refused', message: refusal.message, ...(refusal.facts ? { facts: refusal.facts } : {}) };
    await move(ports, validating, fail(validating, { reason: refusal.reason, error }, timing()));
    return { outcome: 'failed' };
  }
  const { raised } = await raiseFences(ports, job, facts.tenant.target);
  if (!raised) return { outcome: 'superseded' };
  const working = await move(ports, validating, beginWork(validating, timing(), placeOf(facts)));
  const { phase, current } = firstWork(working, facts);
  return { outcome: phase, current };
};

const placeOf = ({ tenant: { target } }: WorkFacts) => ({ clusterArn: target.clusterArn, database: target.database });

/** From here on, workers of older attempts are refused by the database. It also proves that the database can be reached. */
const raiseFences = async (
  { fences }: ModuleStepsPorts,
  job: Job,
  target: TenantTarget,
): Promise<{ readonly raised: boolean; readonly committed: boolean }> => {
  let committed = false;
  for (const { module } of job.modules) {
    const { raised, committedBy } = await fences.raise(target, module, fenceOf(job));
    if (!raised) return { raised, committed };
    committed ||= committedBy === job.id;
  }
  return { raised: true, committed };
};

/** What may have changed since the request was accepted. A suspension refuses requests; what was accepted before it is finished. */
const refusalNow = async (ports: ModuleStepsPorts, job: Job, facts: WorkFacts, at: Date): Promise<Refusal | Unavailable | undefined> => {
  if (facts.tenant.status !== 'active' && facts.tenant.status !== 'suspended') {
    return {
      kind: 'unprocessable',
      reason: 'tenant-not-active',
      message: `tenant ${job.tenantSlug} is ${facts.tenant.status}; it must be active`,
    };
  }
  for (const change of job.modules) {
    if (change.change !== 'install' && change.change !== 'upgrade' && change.change !== 'restore') continue;
    const { module, version } = versionOf(facts, change);
    const refusal = change.change === 'restore' ? undefined : refusalToInstall(version, at);
    if (refusal) return refusal;
    if (!module.subscriptionRequired) continue;
    const subscribed = await subscribedOrAbsent(ports, job, change.module);
    if (subscribed instanceof Unavailable) return subscribed;
    if (!subscribed) return subscriptionRequired(change.module);
  }
  return undefined;
};

const subscribedOrAbsent = async ({ subscriptions }: ModuleStepsPorts, job: Job, module: string): Promise<boolean | Unavailable> => {
  try {
    return await subscriptions.hasSubscriptionForModule(job.tenantId, module);
  } catch (error) {
    if (error instanceof Unavailable) return error;
    throw error;
  }
};

/** The job stays in Validating, says for what it waits, and looks again; running modules are not concerned. */
const waitFor = async (ports: ModuleStepsPorts, job: Job, absent: Unavailable, timing: Timing): Promise<StepAnswer> => {
  const since = job.waiting?.since ?? timing.at;
  const { retryAfterSeconds } = absent;
  const waitSeconds = lookAgainSeconds({ secondsWaited: (timing.at.getTime() - since.getTime()) / 1000, retryAfterSeconds });
  const nextTryAt = new Date(timing.at.getTime() + waitSeconds * 1000);
  const waiting = await move(ports, job, wait(job, { reason: 'subscription-unavailable', message: absent.message, nextTryAt }, timing));
  if (hasEnded(waiting)) return { outcome: 'failed' };
  if (job.waiting && !(await renew(ports, job, timing, { nextTryAt }))) return { outcome: 'superseded' };
  return { outcome: 'wait', waitSeconds };
};

/**
 * The last module of the plan is undone first. What was committed for ever turns the job round: then it is finished. A job that
 * is not rolling back has nothing to undo.
 */
const rollback = async (ports: ModuleStepsPorts, job: Job, timing: () => Timing): Promise<StepAnswer> => {
  if (job.state !== 'RollingBack') return { outcome: 'ended' };
  const last = job.modules.at(-1);
  if (!last) throw new Defect(`job ${job.id} has no module`);
  const facts = await factsOf(ports, job);
  const { raised, committed } = await raiseFences(ports, job, facts.tenant.target);
  if (!raised) return { outcome: 'superseded' };
  if (!committed) return { outcome: 'rollback', current: currentModule(job, last, facts) };
  const forward = await move(ports, job, turnForward(job, timing()));
  const { phase, current } = firstWork(forward, facts);
  return { outcome: phase, current };
};

/** Stores what a decision said, with the tenant modules that follow from it; nothing when it was silent. */
const move = async (ports: ModuleStepsPorts, before: Job, events: readonly JobEvent[]): Promise<Job> => {
  if (events.length === 0) return before;
  const job = events.reduce(evolve, before);
  const tenantModules = hasEnded(job) ? await releasedBy(ports, job) : [];
  await commitJob(ports, { before, job, events, tenantModules, alongside: ports.alongside(job) });
  if (hasEnded(job)) ports.onJobEnded(job);
  return job;
};
