import type {
  Bus,
  Executions,
  Fences,
  JobCommit,
  JobStore,
  Outbox,
  TenantModules,
  WorkFactsReader,
} from '../../contexts/module-registry/application/ports.ts';
import type { Job, JobEvent } from '../../contexts/module-registry/domain/job.ts';
import type { CatalogModule, ModuleVersion } from '../../contexts/module-registry/domain/module-version.ts';
import type { TenantModule } from '../../contexts/module-registry/domain/tenant-module.ts';
import type { AuditEvent } from '../../contexts/shared/domain/audit-event.ts';
import { Contended, Defect } from '../../contexts/shared/domain/errors.ts';
import { type MemoryTrail, makeMemoryTrail, pageOf } from './memory-trail.ts';

/** The registry's ports in memory, with the conditions that the table's transactions have. */
export interface MemoryRegistry {
  readonly jobs: JobStore;
  readonly tenantModules: TenantModules;
  readonly facts: WorkFactsReader;
  readonly fences: Fences;
  readonly executions: Executions;
  readonly trail: MemoryTrail;
  readonly landlordStands: (migration: number) => Promise<void>;
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
  const tenant = () => ({ id: tenantId, slug: 'acme', status: state.tenantStatus, revision: state.revision, target });
  const trail = makeMemoryTrail();
  const configurations = new Map<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>();
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
    for (const { module, after } of tenantModules) {
      // what a module was configured with stays as its first writer stored it
      const { configuration = after?.configuration ?? {} } = state.modules.get(module) ?? {};
      if (after) state.modules.set(module, { ...after, configuration });
      else state.modules.delete(module);
    }
    if (tenantRevision) state.revision = tenantRevision.expected + 1;
    if (!before) {
      const brought = tenantModules.flatMap(({ module, after }) =>
        after && Object.keys(after.configuration).length > 0 ? [[module, after.configuration] as const] : [],
      );
      configurations.set(job.id, Object.fromEntries(brought));
    }
    state.jobs.set(job.id, job);
    state.commits.push(change);
  };
  return {
    state,
    trail,
    landlordStands: async (migration) => {
      state.landlord = Math.max(state.landlord, migration);
    },
    jobs: {
      get: async (jobId) => state.jobs.get(jobId),
      commit,
      renewLease: async ({ job: jobId, attempt, leaseUntil, stepEnded, progress }) => {
        const job = state.jobs.get(jobId);
        if (job?.attempt !== attempt || job.leaseUntil === undefined) return false;
        const modules = job.modules.map((change) =>
          change.module === progress?.module ? { ...change, progress: { applied: progress.applied, total: progress.total } } : change,
        );
        const stepEnds = stepEnded ? { ...job.stepEnds, [stepEnded.step]: stepEnded.at } : job.stepEnds;
        state.jobs.set(jobId, { ...job, modules, leaseUntil, stepEnds });
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
    },
    tenantModules: {
      read: async (id) => (id === tenantId ? { tenant: tenant(), modules: [...state.modules.values()] } : undefined),
      forget: async (id) => {
        if (id === tenantId) state.modules.clear();
      },
    },
    facts: {
      read: async (id, wanted) => {
        if (id !== tenantId) throw new Defect(`there is no tenant ${id}`);
        const named = ({ version }: (typeof state.catalog)[number]): boolean =>
          wanted.some((one) => one.module === version.module && one.version === version.version);
        return { tenant: tenant(), versions: state.catalog.filter(named) };
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

const auditEventOf = ({ id, tenantId: tenant, modules }: Job, event: JobEvent, sequence: number): AuditEvent => {
  const { leaseUntil: _lease, fence: _fence, from, at, error, ...told } = event;
  const [only, ...others] = modules;
  return {
    ...told,
    ...(from ? { from } : {}),
    id: `${id}-${sequence}`,
    sequence,
    aggregate: `JOB#${id}`,
    jobId: id,
    tenantId: tenant,
    ...(only && others.length === 0 ? { module: only.module } : {}),
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

/** A bus that refuses the named ids, and an outbox that remembers what was marked. */
export const makeMemoryBus = (
  refusing: readonly string[] = [],
): { bus: Bus; outbox: Outbox; sent: AuditEvent[]; marked: number[]; waiting: AuditEvent[] } => {
  const sent: AuditEvent[] = [];
  const marked: number[] = [];
  const waiting: AuditEvent[] = [];
  return {
    sent,
    marked,
    waiting,
    bus: {
      put: async (events) => {
        sent.push(...events.filter(({ id }) => !refusing.includes(id)));
        return new Set(events.map(({ id }) => id).filter((id) => refusing.includes(id)));
      },
    },
    outbox: {
      waiting: async (shard) => (shard === 0 ? waiting : []),
      markPublished: async (events) => void marked.push(...events.map(({ sequence }) => sequence)),
    },
  };
};
