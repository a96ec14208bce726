import { changeFacts } from '../../contexts/module-registry/adapters/job-items.ts';
import type {
  Catalog,
  Executions,
  Fences,
  GivenConfiguration,
  JobCommit,
  JobStore,
  ModuleRestorePoint,
  SignOfLife,
  TenantModuleChange,
  TenantModules,
  WorkFactsReader,
} from '../../contexts/module-registry/application/ports.ts';
import type { Job, JobEvent } from '../../contexts/module-registry/domain/job.ts';
import type { CatalogModule, ModuleVersion } from '../../contexts/module-registry/domain/module-version.ts';
import type { TenantModule } from '../../contexts/module-registry/domain/tenant-module.ts';
import type { AuditEvent } from '../../contexts/shared/domain/audit-event.ts';
import { Contended, Defect } from '../../contexts/shared/domain/errors.ts';
import { type MemoryHistory, type MemorySecrets, makeMemorySecrets } from './memory-configurations.ts';
import { type MemoryTrail, makeMemoryTrail, pageOf } from './memory-trail.ts';

/** The registry's ports in memory, with the conditions that the table's transactions have. */
export interface MemoryRegistry {
  readonly jobs: JobStore;
  readonly tenantModules: TenantModules;
  readonly facts: WorkFactsReader;
  /** What of the catalog planning and the steps ask for: `state.catalog`. */
  readonly catalog: Pick<Catalog, 'read' | 'versions' | 'offered' | 'landlordStands'>;
  readonly fences: Fences;
  readonly executions: Executions;
  readonly trail: MemoryTrail;
  readonly history: MemoryHistory;
  readonly secrets: MemorySecrets;
  readonly state: {
    readonly jobs: Map<string, Job>;
    readonly modules: Map<string, TenantModule>;
    readonly commits: JobCommit[];
    readonly started: string[];
    readonly stopped: string[];
    readonly catalog: { module: CatalogModule; version: ModuleVersion }[];
    readonly fences: Map<string, number>;
    /** By module: the job that did to it what cannot be undone. */
    readonly committedBy: Map<string, string>;
    tenantStatus: string;
    revision: number;
    landlord: number;
  };
}

export const tenantId = '01JD0000000000000000000ACM';
const target = { tenantId, slug: 'acme', database: 'tenant_acme', clusterArn: 'arn:cluster', ownerSecretArn: 'arn:owner' };

export const makeMemoryRegistry = (): MemoryRegistry => {
  const state: MemoryRegistry['state'] = {
    jobs: new Map(),
    modules: new Map(),
    commits: [],
    started: [],
    stopped: [],
    catalog: [],
    fences: new Map(),
    committedBy: new Map(),
    tenantStatus: 'active',
    revision: 1,
    landlord: 0,
  };
  const tenant = () => ({
    id: tenantId,
    slug: 'acme',
    status: state.tenantStatus,
    revision: state.revision,
    plan: 'standard',
    storageBytes: 0,
    target,
  });
  const trail = makeMemoryTrail();
  const history: MemoryHistory = [];
  const configurations = new Map<string, Readonly<Record<string, GivenConfiguration>>>();
  const restorePoints = new Map<string, readonly ModuleRestorePoint[]>();
  const commit = async (change: JobCommit): Promise<void> => {
    const { before, job, events, tenantModules, tenantRevision, idempotency } = change;
    const stored = state.jobs.get(job.id);
    const lost = before
      ? stored?.sequence !== before.sequence || stored.leaseUntil?.getTime() !== before.leaseUntil?.getTime()
      : stored !== undefined;
    if (lost || (tenantRevision && tenantRevision.expected !== state.revision)) throw new Contended('lost');
    if (tenantRevision && !before && state.tenantStatus !== 'active') throw new Contended('the tenant is not active');
    for (const { module, before: was } of tenantModules)
      if (!stands(state.modules.get(module), was, job)) throw new Contended(`${module} is in other hands`);
    trail.store(
      events.map((event, index) => auditEventOf(job, event, job.sequence - events.length + index + 1)),
      { record: idempotency, at: job.updatedAt },
    );
    for (const { module, ...stored } of tenantModules) keep(state.modules, module, stored);
    if (tenantRevision) state.revision = tenantRevision.expected + 1;
    if (!before) configurations.set(job.id, change.configurations ?? {});
    for (const [module, { fields }] of Object.entries(change.configurations ?? {}))
      history.push({ tenantId: job.tenantId, module, at: job.createdAt, actor: job.requestedBy, fields, jobId: job.id });
    state.jobs.set(job.id, job);
    state.commits.push(change);
  };
  return {
    state,
    trail,
    history,
    secrets: makeMemorySecrets(),
    jobs: {
      get: async (jobId) => state.jobs.get(jobId),
      commit,
      renewLease: async (sign) => {
        const job = state.jobs.get(sign.job);
        if (job?.attempt !== sign.attempt || job.leaseUntil === undefined) return false;
        state.jobs.set(job.id, renewed(job, sign));
        return true;
      },
      expired: async (shard, at, limit) =>
        [...state.jobs.values()]
          .flatMap(({ id, leaseUntil }) => (shard === 0 && leaseUntil && leaseUntil <= at ? [{ id, leaseUntil }] : []))
          .toSorted((a, b) => a.leaseUntil.getTime() - b.leaseUntil.getTime())
          .slice(0, limit)
          .map(({ id }) => id),
      ofTenant: async (id, paging) => {
        const jobs = [...state.jobs.values()].filter((job) => job.tenantId === id);
        return pageOf(
          jobs.toSorted((a, b) => (a.id < b.id ? 1 : -1)),
          (job) => job.id,
          paging,
        );
      },
      events: async (jobId, paging) => trail.events(`JOB#${jobId}`, paging),
      configuration: async (jobId) => configurations.get(jobId) ?? {},
      forgetConfigurations: async (id) => {
        for (const job of state.jobs.values()) if (job.tenantId === id) configurations.delete(job.id);
      },
      addRestorePoint: async (jobId, point) => {
        const kept = restorePoints.get(jobId) ?? [];
        if (!kept.some(({ module }) => module === point.module)) restorePoints.set(jobId, [...kept, point]);
      },
      restorePoints: async (jobId) => (restorePoints.get(jobId) ?? []).toSorted((a, b) => (a.module < b.module ? -1 : 1)),
    },
    tenantModules: {
      read: async (id) => (id === tenantId ? { tenant: tenant(), modules: [...state.modules.values()] } : undefined),
      forget: async (id) => {
        if (id === tenantId) state.modules.clear();
      },
      dueForPurge: async (at, limit) =>
        [...state.modules.values()]
          .filter(({ status, archive }) => status === 'Archived' && archive && archive.expiresAt <= at)
          .toSorted((a, b) => Number(a.archive?.expiresAt) - Number(b.archive?.expiresAt))
          .slice(0, limit),
    },
    catalog: {
      read: async (name) => {
        const found = state.catalog.filter(({ version }) => version.module === name);
        return found[0] && { module: found[0].module, versions: found.map(({ version }) => version) };
      },
      offered: async (names) => {
        const entries = Map.groupBy(
          state.catalog.filter(({ module }) => names.includes(module.name)),
          ({ module }) => module.name,
        );
        return [...entries.values()].flatMap(([first, ...rest]) =>
          first ? [{ module: first.module, versions: [first, ...rest].map(({ version }) => version) }] : [],
        );
      },
      versions: async (wanted) => state.catalog.map(({ version }) => version).filter((version) => isNamed(version, wanted)),
      landlordStands: async (_, migration) => {
        state.landlord = Math.max(state.landlord, migration);
      },
    },
    facts: {
      read: async (id, wanted) => {
        if (id !== tenantId) throw new Defect(`there is no tenant ${id}`);
        return { tenant: tenant(), versions: state.catalog.filter(({ version }) => isNamed(version, wanted)) };
      },
    },
    fences: {
      raise: async (_, module, fence) => {
        if ((state.fences.get(module) ?? 0) > fence) return { raised: false };
        state.fences.set(module, fence);
        const committedBy = state.committedBy.get(module);
        return { raised: true, ...(committedBy === undefined ? {} : { committedBy }) };
      },
    },
    executions: {
      start: async ({ id, attempt }) => void state.started.push(`${id}-${attempt}`),
      stop: async ({ id, attempt }) => void state.stopped.push(`${id}-${attempt}`),
    },
  };
};

/** Whether a tenant module is as the writer believes: absent, Active at that version and free, or in the job's hands. */
const stands = (now: TenantModule | undefined, was: TenantModule | undefined, job: Job): boolean => {
  if (was === undefined) return now === undefined;
  if (was.jobId !== undefined) return now?.jobId === job.id;
  return now?.status === was.status && now.version === was.version;
};

/** A module's configuration, and where its secrets are, stay as they are stored unless the change brings others. */
const keep = (modules: Map<string, TenantModule>, module: string, { before, after }: Omit<TenantModuleChange, 'module'>): void => {
  const stored = modules.get(module);
  if (!after) return void modules.delete(module);
  if (!before || !stored) return void modules.set(module, after);
  const { secrets: brought, ...rest } = after;
  const secrets = brought === before.secrets ? stored.secrets : brought;
  const configuration = after.configuration === before.configuration ? stored.configuration : after.configuration;
  modules.set(module, { ...rest, configuration, ...(secrets ? { secrets } : {}) });
};

const renewed = (job: Job, { leaseUntil, stepEnded, progress, nextTryAt }: SignOfLife): Job => ({
  ...job,
  leaseUntil,
  modules: job.modules.map((change) =>
    change.module === progress?.module ? { ...change, progress: { applied: progress.applied, total: progress.total } } : change,
  ),
  stepEnds: stepEnded ? { ...job.stepEnds, [stepEnded.step]: stepEnded.at } : job.stepEnds,
  ...(job.waiting && nextTryAt ? { waiting: { ...job.waiting, nextTryAt } } : {}),
});

const isNamed = ({ module, version }: ModuleVersion, wanted: readonly { readonly module: string; readonly version: string }[]): boolean =>
  wanted.some((one) => one.module === module && one.version === version);

const auditEventOf = (job: Job, event: JobEvent, sequence: number): AuditEvent => {
  const { leaseUntil: _lease, fence: _fence, waiting: _waiting, forwardOnly: _forward, from, at, error, ...told } = event;
  const [only, ...others] = job.requested;
  return {
    ...told,
    ...(from ? { from } : {}),
    id: `${job.id}-${sequence}`,
    sequence,
    aggregate: `JOB#${job.id}`,
    jobId: job.id,
    tenantId: job.tenantId,
    ...(only !== undefined && others.length === 0 ? { module: only } : {}),
    ...(job.modules.length > 0 ? { facts: changeFacts(job) } : {}),
    at: at.toISOString(),
    ...(error ? { error: { ...error } } : {}),
  };
};

/** A catalog entry: `aModule('finance')`, changed as a test needs it. */
export const aModule = (
  name: string,
  version: Partial<ModuleVersion> = {},
  module: Partial<CatalogModule> = {},
): { readonly module: CatalogModule; readonly version: ModuleVersion } => ({
  module: {
    name,
    title: name,
    description: name,
    subscriptionRequired: false,
    serves: '>=1.0.0 <2.0.0',
    migratorArn: `arn:${name}:live`,
    landlordMigration: 0,
    sequence: 1,
    ...module,
  },
  version: {
    module: name,
    version: '1.0.0',
    status: 'published',
    contentHash: 'hash',
    registeredAt: new Date(0),
    migrations: { landlord: 0, tenant: 1 },
    tables: { landlord: [], tenant: [name] },
    dependencies: [],
    configuration: { type: 'object' },
    seeds: false,
    hooks: [],
    ...version,
  },
});
