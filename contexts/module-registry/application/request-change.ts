import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import { Contended, Refused } from '../../shared/domain/errors.ts';
import { hasEnded, type Job, requestJob } from '../domain/job.ts';
import { type PlannedChange, planChange } from '../domain/plan.ts';
import type { Wish } from '../domain/resolution/resolve.ts';
import { tenantModuleAfter } from '../domain/tenant-module.ts';
import { type Change, type ChangeFacts, readChangeFacts } from './change-facts.ts';
import type { ConfigurationSecrets, OnSecretLeft } from './configuration-ports.ts';
import { contentHash } from './content-hash.ts';
import { forgetGiven, forgetLeftovers, givesTheSame, keepGiven, leftoversOf } from './given-configuration.ts';
import { acceptedPlan, type PlanPorts } from './plan-change.ts';
import { planHash, refusalOfOtherPlan } from './plan-hash.ts';
import type { Executions, JobCommit, JobStore, TenantModuleChange } from './ports.ts';
import { type OnStartFailed, startOrLeave } from './start-job.ts';

export interface RequestChangePorts extends PlanPorts {
  readonly jobs: JobStore;
  readonly secrets: ConfigurationSecrets;
  readonly onSecretLeft: OnSecretLeft;
  readonly executions: Executions;
  readonly idempotency: IdempotencyStore;
  readonly newId: NewId;
  readonly leaseSeconds: number;
  readonly attemptsMax: number;
  readonly archiveDays: number;
  readonly onStartFailed: OnStartFailed;
  /** What another context stores together with the job in its new state, in the words of the store's adapter. */
  readonly alongside: (job: Job) => readonly unknown[];
}

export interface RequestChange extends Change {
  /** The plan that the client agreed to; another one is refused. */
  readonly planHash?: string;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

/**
 * Asks for a change of a tenant's modules. Answers the job that makes it: a new one, or, while one for the same request is
 * open, that one. Rejects with `Refused` and nothing changed, or with `Contended` after losing every race it may lose.
 */
export const makeRequestChange =
  (ports: RequestChangePorts) =>
  (command: RequestChange): Promise<{ readonly jobId: string }> =>
    whileContended(() => tryToRequest(ports, command));

const tryToRequest = async (ports: RequestChangePorts, command: RequestChange): Promise<{ readonly jobId: string }> => {
  const at = ports.clock.now();
  const kept = await keptAnswer(ports.idempotency, command.idempotency, at);
  if (typeof kept?.['jobId'] === 'string') return { jobId: kept['jobId'] };
  const facts = await readChangeFacts(ports, command, at);
  const same = await openJobForTheSame(ports, command, facts);
  if (same) return joined(ports, command, same, at);
  const plan = await acceptedPlan(ports, command, facts);
  const other = command.planHash === undefined ? undefined : refusalOfOtherPlan(command.planHash, plan.steps);
  if (other) throw new Refused(other);
  const job = await write(ports, command, { facts, plan });
  await startOrLeave(ports, job);
  return { jobId: job.id };
};

/** The answer is kept under this request's own key too: repeated after the job's end, it is the same. */
const joined = async (ports: RequestChangePorts, { idempotency }: RequestChange, job: Job, at: Date) => {
  const answer = { jobId: job.id };
  if (idempotency) await ports.idempotency.keep({ ...idempotency, answer }, at);
  if (job.state === 'Pending') await startOrLeave(ports, job);
  return answer;
};

/** The open job that already does what is asked, if there is one. */
const openJobForTheSame = async (ports: RequestChangePorts, command: RequestChange, facts: ChangeFacts): Promise<Job | undefined> => {
  const [wish] = command.modules;
  const held = facts.tenantModules.find(({ module }) => module === wish?.module);
  if (held?.status !== 'Changing') return undefined;
  const job = facts.holders.find(({ id }) => id === held.jobId);
  if (!job || hasEnded(job)) throw new Contended(`job ${held.jobId} ended while ${held.module} was being looked at`);
  if (job.kind !== command.kind || !sameNames(job, command.modules)) return undefined;
  const plan = planChange(command, without(job, facts));
  if ('reason' in plan || planHash(plan.steps) !== planHash(job.modules)) return undefined;
  return (await givesTheSame(ports, command, facts, job)) ? job : undefined;
};

const sameNames = ({ requested }: Job, wishes: readonly Wish[]): boolean =>
  contentHash(requested.toSorted()) === contentHash(wishes.map(({ module }) => module).toSorted());

/** As if the job had not been asked for. */
const without = (job: Job, facts: ChangeFacts): ChangeFacts => ({
  ...facts,
  holders: facts.holders.filter(({ id }) => id !== job.id),
  tenantModules: facts.tenantModules.flatMap((tenantModule) => {
    const change = tenantModule.jobId === job.id ? job.modules.find(({ module }) => module === tenantModule.module) : undefined;
    return change ? (tenantModuleAfter({ ...job, state: 'Failed' }, change, tenantModule, { archiveDays: 0 }) ?? []) : [tenantModule];
  }),
});

interface Accepted {
  readonly facts: ChangeFacts;
  readonly plan: PlannedChange;
}

const write = async (ports: RequestChangePorts, command: RequestChange, { facts, plan }: Accepted): Promise<Job> => {
  const { tenant, at } = facts;
  const { job, events } = requestJob(
    {
      id: ports.newId(),
      kind: command.kind,
      tenantId: tenant.id,
      tenantSlug: tenant.slug,
      modules: plan.steps,
      requested: command.modules.map(({ module }) => module),
      fence: tenant.revision + 1,
      requestedBy: command.actor,
      attemptsMax: ports.attemptsMax,
    },
    { at, leaseSeconds: ports.leaseSeconds },
  );
  const leftovers = await leftoversOf(ports.secrets, facts, plan.steps);
  const configurations = await keepGiven(ports.secrets, command, facts, plan.steps);
  const commit = {
    job,
    events,
    tenantModules: locksOf(job, configurations, { facts, archiveDays: ports.archiveDays }),
    configurations,
    tenantRevision: { expected: tenant.revision },
    alongside: ports.alongside(job),
    ...(command.idempotency ? { idempotency: { ...command.idempotency, answer: { jobId: job.id } } } : {}),
  };
  await ports.jobs.commit(commit).catch(async (error: unknown) => {
    // of any other error nobody knows whether the job is stored and points to them
    if (error instanceof Contended)
      await forgetGiven(ports.secrets, tenant.id, configurations).catch((left: unknown) => ports.onSecretLeft(tenant.id, left));
    throw error;
  });
  await forgetLeftovers(ports.secrets, tenant.id, leftovers).catch((left: unknown) => ports.onSecretLeft(tenant.id, left));
  return job;
};

/** Each module of the plan in the job's hands. A module that is new has its configuration from now on; any other, once it stands. */
const locksOf = (
  job: Job,
  given: NonNullable<JobCommit['configurations']>,
  { facts, archiveDays }: { readonly facts: ChangeFacts; readonly archiveDays: number },
): readonly TenantModuleChange[] =>
  job.modules.flatMap((change) => {
    const before = facts.tenantModules.find(({ module }) => module === change.module);
    const after = tenantModuleAfter(job, change, before, { archiveDays });
    if (!after) return [];
    if (before) return [{ module: change.module, before, after }];
    const { configuration = {}, secrets } = given[change.module] ?? {};
    return [{ module: change.module, after: { ...after, configuration, ...(secrets ? { secrets } : {}) } }];
  });
