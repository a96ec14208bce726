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
import type { Job } from '../../contexts/module-registry/domain/job.ts';
import type { CatalogModule, ModuleVersion } from '../../contexts/module-registry/domain/module-version.ts';
import type { TenantModule } from '../../contexts/module-registry/domain/tenant-module.ts';
import type { AuditEvent } from '../../contexts/shared/domain/audit-event.ts';
import { Contended } from '../../contexts/shared/domain/errors.ts';

/** The registry's ports in memory, with the conditions that the table's transactions have. */
export interface MemoryRegistry {
  readonly jobs: JobStore;
  readonly tenantModules: TenantModules;
  readonly facts: WorkFactsReader;
  readonly fences: Fences;
  readonly executions: Executions;
  readonly landlordStands: (migration: number) => Promise<void>;
  readonly state: {
    readonly jobs: Map<string, Job>;
    readonly modules: Map<string, TenantModule>;
    readonly commits: JobCommit[];
    readonly started: string[];
    readonly stopped: string[];
    readonly catalog: { module: CatalogModule; version: ModuleVersion }[];
    readonly fences: Map<string, number>;
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
    tenantStatus: 'active',
    revision: 1,
    landlord: 0,
  };
  const tenant = () => ({ id: tenantId, slug: 'acme', status: state.tenantStatus, revision: state.revision, target });
  const configurations = new Map<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>();
  const commit = async (change: JobCommit): Promise<void> => {
    const { before, job, tenantModules, tenantRevision } = change;
    const stored = state.jobs.get(job.id);
    const lost = before
      ? stored?.sequence !== before.sequence || stored.leaseUntil?.getTime() !== before.leaseUntil?.getTime()
      : stored !== undefined;
    if (lost || (tenantRevision && tenantRevision.expected !== state.revision)) throw new Contended('lost');
    for (const { module, before: was } of tenantModules) {
      const now = state.modules.get(module);
      if (was ? now?.jobId !== job.id : now !== undefined) throw new Contended(`${module} is in other hands`);
    }
    for (const { module, after } of tenantModules) {
      if (after) state.modules.set(module, after);
      else state.modules.delete(module);
    }
    if (tenantRevision) state.revision = tenantRevision.expected + 1;
    if (!before) {
      const brought = tenantModules.flatMap(({ module, after }) => (after ? [[module, after.configuration] as const] : []));
      configurations.set(job.id, Object.fromEntries(brought));
    }
    state.jobs.set(job.id, job);
    state.commits.push(change);
  };
  return {
    state,
    landlordStands: async (migration) => {
      state.landlord = migration;
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
      expired: async (shard, at) =>
        shard === 0 ? [...state.jobs.values()].filter(({ leaseUntil }) => leaseUntil && leaseUntil <= at).map(({ id }) => id) : [],
      ofTenant: async (id) => ({
        items: [...state.jobs.values()].filter((job) => job.tenantId === id).toSorted((a, b) => (a.id < b.id ? 1 : -1)),
      }),
      events: async (jobId) => ({
        items: state.commits
          .filter(({ job }) => job.id === jobId)
          .flatMap(({ job, events }) =>
            events.map((event, index) => {
              const sequence = job.sequence - events.length + index + 1;
              const about = { aggregate: `JOB#${jobId}`, name: event.name, actor: event.actor, to: event.to };
              return { ...about, id: `${jobId}-${sequence}`, sequence, at: event.at.toISOString() };
            }),
          ),
      }),
      configuration: async (jobId) => configurations.get(jobId) ?? {},
    },
    tenantModules: {
      read: async (id) => (id === tenantId ? { tenant: tenant(), modules: [...state.modules.values()] } : undefined),
      forget: async () => state.modules.clear(),
    },
    facts: {
      read: async (_, wanted) => ({
        tenant: tenant(),
        versions: state.catalog.filter(({ version }) =>
          wanted.some((one) => one.module === version.module && one.version === version.version),
        ),
      }),
    },
    fences: {
      raise: async (_, module, fence) => {
        if ((state.fences.get(module) ?? 0) > fence) return false;
        state.fences.set(module, fence);
        return true;
      },
    },
    executions: {
      start: async ({ id, attempt }) => void state.started.push(`${id}-${attempt}`),
      stop: async ({ id, attempt }) => void state.stopped.push(`${id}-${attempt}`),
    },
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
