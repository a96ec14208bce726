import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { Contended, Malformed, type Refusal, Refused } from '../../shared/domain/errors.ts';
import { hasEnded, type Job, requestJob } from '../domain/job.ts';
import { type CatalogModule, type ModuleVersion, newestPublishedOf } from '../domain/module-version.ts';
import { type Plan, resolveInstall } from '../domain/plan.ts';
import { type TenantModule, tenantModuleAfter } from '../domain/tenant-module.ts';
import { configurationErrors } from './configuration.ts';
import { contentHash } from './content-hash.ts';
import type { Catalog, Executions, JobStore, Subscriptions, TenantFacts, TenantModules } from './ports.ts';
import { type OnStartFailed, startOrLeave } from './start-job.ts';

export interface InstallModulePorts {
  readonly jobs: JobStore;
  readonly catalog: Catalog;
  readonly tenantModules: TenantModules;
  readonly subscriptions: Subscriptions;
  readonly executions: Executions;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly leaseSeconds: number;
  readonly attemptsMax: number;
  readonly onStartFailed: OnStartFailed;
}

export interface InstallModule {
  readonly tenantId: string;
  readonly module: string;
  /** Absent: the newest published version. */
  readonly version?: string;
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

interface Facts {
  readonly tenant: TenantFacts;
  readonly modules: readonly TenantModule[];
  readonly catalogModule: CatalogModule | undefined;
  readonly versions: readonly ModuleVersion[];
  readonly subscribed: boolean;
}

/**
 * Asks for a module to be installed. Answers the job that does it: a new one, or, while one for the same request is open,
 * that one. Rejects with `Refused` and nothing changed, or with `Contended` after losing every race it may lose.
 */
export const makeInstallModule =
  (ports: InstallModulePorts) =>
  (command: InstallModule): Promise<{ readonly jobId: string }> =>
    whileContended(() => tryToInstall(ports, command));

const tryToInstall = async (ports: InstallModulePorts, command: InstallModule): Promise<{ readonly jobId: string }> => {
  const at = ports.clock.now();
  const kept = await keptAnswer(ports.idempotency, command.idempotency, at);
  if (typeof kept?.['jobId'] === 'string') return { jobId: kept['jobId'] };
  const facts = await readFacts(ports, command);
  const same = await openJobForTheSame(ports, command, facts);
  if (same) return joined(ports, command, same, at);
  const plan = resolveInstall({ ...command, ...facts, tenantModules: facts.modules, at });
  if ('reason' in plan) throw new Refused(plan);
  if (facts.tenant.status !== 'active') throw new Refused(notActive(facts.tenant));
  const job = await write(ports, command, { facts, plan, at });
  await startOrLeave(ports, job);
  return { jobId: job.id };
};

/** The answer is kept under this request's own key too: repeated after the job's end, it is the same. */
const joined = async (ports: InstallModulePorts, { idempotency }: InstallModule, job: Job, at: Date) => {
  const answer = { jobId: job.id };
  if (idempotency) await ports.idempotency.keep({ ...idempotency, answer }, at);
  if (job.state === 'Pending') await startOrLeave(ports, job);
  return answer;
};

const readFacts = async (
  { catalog, tenantModules, subscriptions }: InstallModulePorts,
  { tenantId, module }: InstallModule,
): Promise<Facts> => {
  const [tenant, entry, subscribed] = await Promise.all([
    tenantModules.read(tenantId),
    catalog.read(module),
    subscriptions.hasSubscriptionForModule(tenantId, module),
  ]);
  if (!tenant)
    throw new Refused({
      kind: 'not-found',
      reason: 'unknown-tenant',
      message: `there is no tenant ${tenantId}`,
      facts: { tenant: tenantId },
    });
  return { ...tenant, catalogModule: entry?.module, versions: entry?.versions ?? [], subscribed };
};

/** The open job that already does what is asked, if there is one. */
const openJobForTheSame = async (
  { jobs }: InstallModulePorts,
  { module, version, configuration = {} }: InstallModule,
  { modules, versions }: Facts,
): Promise<Job | undefined> => {
  const present = modules.find((tenantModule) => tenantModule.module === module);
  if (present?.status !== 'Changing' || present.jobId === undefined) return undefined;
  const job = await jobs.get(present.jobId);
  if (!job || hasEnded(job)) throw new Contended(`job ${present.jobId} ended while ${module} was being looked at`);
  const wanted = version ?? newestPublishedOf(versions);
  const change = job.kind === 'install' ? job.modules.find((candidate) => candidate.module === module) : undefined;
  const same = change?.from === null && change.to === wanted && contentHash(present.configuration) === contentHash(configuration);
  return same ? job : undefined;
};

const notActive = ({ slug, status }: TenantFacts): Refusal => ({
  kind: 'unprocessable',
  reason: 'tenant-not-active',
  message: `tenant ${slug} is ${status}; modules can be installed once it is active`,
  facts: { tenant: slug, status },
});

const write = async (
  ports: InstallModulePorts,
  command: InstallModule,
  { facts, plan, at }: { readonly facts: Facts; readonly plan: Plan; readonly at: Date },
): Promise<Job> => {
  const { tenant, catalogModule, versions } = facts;
  const configuration = command.configuration ?? {};
  const target = versions.find(({ version }) => version === plan.steps[0]?.to);
  const wrong = target ? configurationErrors(target.configuration, configuration) : [];
  if (wrong.length > 0) throw new Malformed(`the configuration does not fit ${command.module} ${target?.version}`, wrong);
  const { job, events } = requestJob(
    {
      id: ports.newId(),
      kind: 'install',
      tenantId: tenant.id,
      tenantSlug: tenant.slug,
      modules: plan.steps.map((step) => ({ ...step, migratorArn: catalogModule?.migratorArn ?? '' })),
      fence: tenant.revision + 1,
      requestedBy: command.actor,
      attemptsMax: ports.attemptsMax,
    },
    { at, leaseSeconds: ports.leaseSeconds },
  );
  const tenantModules = job.modules.flatMap((change) => {
    const after = tenantModuleAfter(job, change, undefined);
    return after ? [{ module: change.module, after: { ...after, configuration } }] : [];
  });
  await ports.jobs.commit({
    job,
    events,
    tenantModules,
    tenantRevision: { expected: tenant.revision },
    ...(command.idempotency ? { idempotency: { ...command.idempotency, answer: { jobId: job.id } } } : {}),
  });
  return job;
};
