import { Defect } from '../../shared/domain/errors.ts';
import {
  beginRollback,
  complete,
  fail,
  isDone,
  type Job,
  type JobError,
  needIntervention,
  onlyGoesForward,
  type Progress,
  refuse,
  type Timing,
} from '../domain/job.ts';
import type { StepInput } from './job-step.ts';
import { factsOf, type ModuleStepsPorts, move, renew, type StepAnswer } from './module-step.ts';
import { contractStep, contractWork, currentModule, hasContractLeft, type Phase, workAfter } from './module-work.ts';
import type { ModuleRestorePoint } from './ports.ts';
import { rollback, validate } from './validate-step.ts';

/**
 * The registry's own steps of the workflows that change a tenant's modules. Each looks at what stands before it acts, so each
 * may run again; each gives way (`superseded`) when the job is at a newer attempt.
 */

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
