import type { Clock } from '../../shared/domain/clock.ts';
import { Defect, type Refusal } from '../../shared/domain/errors.ts';
import { CONTRACT, type TenantTarget } from '../../shared/domain/migrator-contract.ts';
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
  type JobModule,
  needIntervention,
  type Progress,
  refuse,
  type Timing,
} from '../domain/job.ts';
import { refusalToInstall } from '../domain/module-version.ts';
import { tenantModuleAfter } from '../domain/tenant-module.ts';
import type {
  Catalog,
  Fences,
  JobStore,
  OnJobEnded,
  SignOfLife,
  Subscriptions,
  TenantModuleChange,
  WorkFacts,
  WorkFactsReader,
} from './ports.ts';

/**
 * The registry's own steps of the workflow install-module. Each looks at what stands before it acts, so each may run again;
 * each gives way (`superseded`) when the job is at a newer attempt.
 */

export interface InstallStepsPorts {
  readonly jobs: JobStore;
  readonly catalog: Pick<Catalog, 'landlordStands'>;
  readonly facts: WorkFactsReader;
  readonly subscriptions: Subscriptions;
  readonly fences: Fences;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly onJobEnded: OnJobEnded;
}

export interface StepInput {
  readonly jobId: string;
  readonly attempt: number;
}

/** What the state machine needs to work on one module of the plan. */
export interface CurrentModule {
  readonly contract: typeof CONTRACT;
  readonly module: string;
  readonly migratorArn: string;
  readonly from: string | null;
  readonly to: string;
  readonly fence: number;
  readonly target: TenantTarget;
  readonly landlordPending: boolean;
  /** The last landlord migration that belongs to `to`. */
  readonly landlordMigration: number;
  readonly seeds: boolean;
  readonly preInstall: boolean;
  readonly postInstall: boolean;
  /** Whether no module of the plan comes after it, in the direction the job has. */
  readonly last: boolean;
}

export type StepAnswer =
  | { readonly outcome: 'superseded' | 'ended' | 'failed' | 'active' | 'more' | 'migrated' | 'continue' | 'manual-intervention' }
  | { readonly outcome: 'install' | 'rollback'; readonly current: CurrentModule };

type Step<More = unknown> = (input: StepInput & More) => Promise<StepAnswer>;
interface Slice {
  readonly module: string;
  readonly progress: Progress & { readonly done: boolean };
}

export interface InstallSteps {
  readonly validate: Step;
  readonly refuse: Step<{ readonly error: JobError }>;
  readonly storeLandlord: Step<Slice & { readonly landlordMigration: number }>;
  readonly storeProgress: Step<Slice>;
  readonly keepLease: Step;
  readonly nextModule: Step<{ readonly module: string }>;
  readonly activate: Step;
  readonly beginRollback: Step<{ readonly error: JobError }>;
  readonly rolledBack: Step<{ readonly module: string; readonly done: boolean }>;
  readonly needIntervention: Step<{ readonly error: JobError }>;
}

export const makeInstallSteps = (ports: InstallStepsPorts): InstallSteps => {
  const timing = (): Timing => ({ at: ports.clock.now(), leaseSeconds: ports.leaseSeconds });
  const onJob =
    <More>(work: (job: Job, input: StepInput & More) => Promise<StepAnswer>): Step<More> =>
    async (input) => {
      const job = await ports.jobs.get(input.jobId);
      if (!job) throw new Defect(`there is no job ${input.jobId}`);
      return job.attempt === input.attempt ? work(job, input) : { outcome: 'superseded' };
    };
  const currentOf = async (job: Job, change: JobModule): Promise<CurrentModule> => current(job, change, await factsOf(ports, job));

  return {
    validate: onJob(async (job) => validate(ports, job, timing)),
    refuse: onJob<{ error: JobError }>(async (job, { error }) => {
      await move(ports, job, refuse(job, { reason: 'validation-failed', error }, timing()));
      return { outcome: 'failed' };
    }),
    ...progressSteps(ports, timing),
    nextModule: onJob<{ module: string }>(async (job, { module }) => {
      const next = job.modules[job.modules.findIndex((change) => change.module === module) + 1];
      if (!next) throw new Defect(`no module comes after ${module} in job ${job.id}`);
      return (await renew(ports, job, timing())) ? { outcome: 'install', current: await currentOf(job, next) } : { outcome: 'superseded' };
    }),
    activate: onJob(async (job) => {
      const active = await move(ports, job, complete(job, timing()));
      if (active.state !== 'Active') throw new Defect(`job ${job.id} is ${job.state} and cannot become Active`);
      return { outcome: 'active' };
    }),
    beginRollback: onJob<{ error: JobError }>(async (job, { error }) => {
      const rolling = await move(ports, job, beginRollback(job, { reason: 'step-failed', error }, timing()));
      return rollback(ports, rolling);
    }),
    rolledBack: onJob<{ module: string; done: boolean }>(async (job, { module, done }) => {
      const index = job.modules.findIndex((change) => change.module === module);
      const next = job.modules[done ? index - 1 : index];
      if (next && !(await renew(ports, job, timing()))) return { outcome: 'superseded' };
      if (next) return { outcome: 'rollback', current: await currentOf(job, next) };
      await move(ports, job, fail(job, {}, timing()));
      return { outcome: 'failed' };
    }),
    needIntervention: onJob<{ error: JobError }>(async (job, { error }) => {
      await move(ports, job, needIntervention(job, error, timing()));
      return { outcome: 'manual-intervention' };
    }),
  };
};

/** Steps between two changes of state: one write, that loses where the attempt is not the job's any more. */
const progressSteps = (
  ports: InstallStepsPorts,
  timing: () => Timing,
): Pick<InstallSteps, 'storeLandlord' | 'storeProgress' | 'keepLease'> => ({
  storeLandlord: async ({ jobId, attempt, module, landlordMigration, progress: { done } }) => {
    // true whoever asks: landlord migrations stand for all tenants
    if (done) await ports.catalog.landlordStands(module, landlordMigration);
    const now = timing();
    const stepEnded = { step: `${module}.MigrateLandlord`, at: now.at };
    if (!(await renew(ports, { id: jobId, attempt }, now, { stepEnded }))) return { outcome: 'superseded' };
    return { outcome: done ? 'migrated' : 'more' };
  },
  storeProgress: async ({ jobId, attempt, module, progress: { done, applied, total } }) => {
    const now = timing();
    const more = { stepEnded: { step: `${module}.MigrateTenant`, at: now.at }, progress: { module, applied, total } };
    if (!(await renew(ports, { id: jobId, attempt }, now, more))) return { outcome: 'superseded' };
    return { outcome: done ? 'migrated' : 'more' };
  },
  keepLease: async ({ jobId, attempt }) => ({
    outcome: (await renew(ports, { id: jobId, attempt }, timing())) ? 'continue' : 'superseded',
  }),
});

const renew = (
  { jobs }: InstallStepsPorts,
  { id, attempt }: Pick<Job, 'id' | 'attempt'>,
  { at, leaseSeconds }: Timing,
  more: Pick<SignOfLife, 'stepEnded' | 'progress'> = {},
): Promise<boolean> => jobs.renewLease({ job: id, attempt, leaseUntil: new Date(at.getTime() + leaseSeconds * 1000), ...more });

const factsOf = ({ facts }: InstallStepsPorts, job: Job): Promise<WorkFacts> =>
  facts.read(
    job.tenantId,
    job.modules.map(({ module, to }) => ({ module, version: to })),
  );

const versionOf = ({ versions }: WorkFacts, change: JobModule): WorkFacts['versions'][number] => {
  const found = versions.find(({ version }) => version.module === change.module && version.version === change.to);
  if (!found) throw new Defect(`${change.module} ${change.to} is not in the catalog`);
  return found;
};

const current = (job: Job, change: JobModule, facts: WorkFacts): CurrentModule => {
  const { module, version } = versionOf(facts, change);
  const end = job.state === 'RollingBack' ? job.modules[0] : job.modules.at(-1);
  return {
    contract: CONTRACT,
    module: change.module,
    migratorArn: change.migratorArn,
    from: change.from,
    to: change.to,
    fence: job.fence,
    target: facts.tenant.target,
    landlordPending: version.migrations.landlord > module.landlordMigration,
    landlordMigration: version.migrations.landlord,
    seeds: version.seeds,
    preInstall: version.hooks.includes('preInstall'),
    postInstall: version.hooks.includes('postInstall'),
    last: change.module === end?.module,
  };
};

const validate = async (ports: InstallStepsPorts, job: Job, timing: () => Timing): Promise<StepAnswer> => {
  if (hasEnded(job)) return { outcome: 'ended' };
  if (job.state === 'RollingBack') return rollback(ports, job);
  const validating = await move(ports, job, beginValidating(job, timing()));
  const [first] = validating.modules;
  if (!first) throw new Defect(`job ${job.id} has no module`);
  const facts = await factsOf(ports, job);
  const refusal = validating.state === 'Validating' ? await refusalNow(ports, validating, facts, timing().at) : undefined;
  if (refusal) {
    const error = { name: 'Refused', message: refusal.message, ...(refusal.facts ? { facts: refusal.facts } : {}) };
    await move(ports, validating, fail(validating, { reason: refusal.reason, error }, timing()));
    return { outcome: 'failed' };
  }
  if (!(await raiseFences(ports, job, facts.tenant.target))) return { outcome: 'superseded' };
  const working = await move(ports, validating, beginWork(validating, timing()));
  return { outcome: 'install', current: current(working, first, facts) };
};

/** From here on, workers of older attempts are refused by the database. It also proves that the database can be reached. */
const raiseFences = async ({ fences }: InstallStepsPorts, job: Job, target: TenantTarget): Promise<boolean> => {
  for (const { module } of job.modules) {
    if (!(await fences.raise(target, module, job.fence)).raised) return false;
  }
  return true;
};

/** What may have changed since the request was accepted. A suspension refuses requests; what was accepted before it is finished. */
const refusalNow = async ({ subscriptions }: InstallStepsPorts, job: Job, facts: WorkFacts, at: Date): Promise<Refusal | undefined> => {
  if (facts.tenant.status !== 'active' && facts.tenant.status !== 'suspended') {
    return {
      kind: 'unprocessable',
      reason: 'tenant-not-active',
      message: `tenant ${job.tenantSlug} is ${facts.tenant.status}; it must be active`,
    };
  }
  for (const change of job.modules) {
    const { module, version } = versionOf(facts, change);
    if (module.subscriptionRequired && !(await subscriptions.hasSubscriptionForModule(job.tenantId, change.module))) {
      return { kind: 'payment-required', reason: 'subscription-required', message: `the subscription to ${change.module} has ended` };
    }
    const refusal = refusalToInstall(version, at);
    if (refusal) return refusal;
  }
  return undefined;
};

/** The last module of the plan is undone first. A job that is not rolling back has nothing to undo. */
const rollback = async (ports: InstallStepsPorts, job: Job): Promise<StepAnswer> => {
  if (job.state !== 'RollingBack') return { outcome: 'ended' };
  const last = job.modules.at(-1);
  if (!last) throw new Defect(`job ${job.id} has no module`);
  const facts = await factsOf(ports, job);
  if (!(await raiseFences(ports, job, facts.tenant.target))) return { outcome: 'superseded' };
  return { outcome: 'rollback', current: current(job, last, facts) };
};

/** Stores what a decision said, with the tenant modules that follow from it; nothing when it was silent. */
const move = async (ports: InstallStepsPorts, before: Job, events: readonly JobEvent[]): Promise<Job> => {
  if (events.length === 0) return before;
  const job = events.reduce(evolve, before);
  await ports.jobs.commit({ before, job, events, tenantModules: hasEnded(job) ? releasedBy(job) : [] });
  if (hasEnded(job)) ports.onJobEnded(job);
  return job;
};

/** The tenant modules that an ended job leaves; until then they were locked by it, which the store checks. */
const releasedBy = (job: Job): readonly TenantModuleChange[] =>
  job.modules.map((change) => {
    const before = lockedBy(job, change);
    const after = tenantModuleAfter(job, change, before);
    return { module: change.module, before, ...(after ? { after } : {}) };
  });

const lockedBy = (job: Job, change: JobModule) =>
  ({ tenantId: job.tenantId, module: change.module, status: 'Changing', jobId: job.id, configuration: {} }) as const;
