import type { IdempotencyRecord } from '../../shared/application/idempotency.ts';
import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import type { Refusal } from '../../shared/domain/errors.ts';
import type { LintAnswer, MigratorRequest, PlanAnswer, RestorePointAnswer, TenantTarget } from '../../shared/domain/migrator-contract.ts';
import type { Configuration, KeptSecrets } from '../domain/configuration.ts';
import type { Job, JobEvent, Progress } from '../domain/job.ts';
import type { CatalogModule, ModuleVersion, OfferedVersion } from '../domain/module-version.ts';
import type { TenantModule } from '../domain/tenant-module.ts';

export type PlanQuestion = Omit<Extract<MigratorRequest, { operation: 'plan' }>, 'operation' | 'contract'>;

export interface Paging {
  readonly limit: number;
  readonly cursor?: string;
}
export interface PageOf<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
}

export type { Configuration } from '../domain/configuration.ts';

/** What a request for a change says of a module's configuration: all of it, without what is write-only. */
export interface GivenConfiguration {
  readonly configuration: Configuration;
  /** Where all write-only values of the module are once the job is done; absent: as before. */
  readonly secrets?: KeptSecrets;
  /** The names of all that the request gave. */
  readonly fields: readonly string[];
  /** A hash of the configuration that stood then: it takes the place of no other. */
  readonly insteadOf: string;
}

/** What the registry needs to know of a tenant. */
export interface TenantFacts {
  readonly id: string;
  readonly slug: string;
  readonly status: string;
  readonly revision: number;
  /** Its subscription plan. */
  readonly plan: string;
  /** As measured last; 0 before that. */
  readonly storageBytes: number;
  readonly target: TenantTarget;
}

/** `before` is what the writer believes stands: absent, or locked by a job, or Active. The store refuses when it is otherwise. */
export interface TenantModuleChange {
  readonly module: string;
  readonly before?: TenantModule;
  readonly after?: TenantModule;
}

/** What stood of a module: its structure and how many rows, never the rows. */
export interface ModuleRestorePoint extends Omit<RestorePointAnswer, 'contract'> {
  readonly module: string;
  readonly version: string;
}

/** One change of a job, stored whole or not at all. */
export interface JobCommit {
  /** The job as it was read; absent for a new one. */
  readonly before?: Job;
  readonly job: Job;
  readonly events: readonly JobEvent[];
  readonly tenantModules: readonly TenantModuleChange[];
  /** With a new job: the configuration that its request gives, by module. */
  readonly configurations?: Readonly<Record<string, GivenConfiguration>>;
  /** Raises the tenant's revision to the job's fence, one above `expected`, which it must still be; a new job also wants the tenant active. */
  readonly tenantRevision?: { readonly expected: number };
  readonly idempotency?: IdempotencyRecord;
  /** What another context stores in the same transaction, in the words of the store's adapter. */
  readonly alongside?: readonly unknown[];
}

/** What an attempt at work stores: that it is, until when it may be silent, and how far it has come. */
export interface SignOfLife {
  readonly job: string;
  readonly attempt: number;
  readonly leaseUntil: Date;
  /** The step that has just ended. */
  readonly stepEnded?: { readonly step: string; readonly at: Date };
  readonly progress?: Progress & { readonly module: string };
  /** When a job that waits looks again. */
  readonly nextTryAt?: Date;
}

/** Jobs and their trail. `commit` rejects with `Contended` when another request wrote first. */
export interface JobStore {
  readonly get: (jobId: string) => Promise<Job | undefined>;
  readonly commit: (commit: JobCommit) => Promise<void>;
  /** Between two changes of state; false when the attempt is no longer the job's, or the job has ended. */
  readonly renewLease: (sign: SignOfLife) => Promise<boolean>;
  /** Keeps what stood of a module before the job changed it. The first that is kept stays: a later attempt may have changed something. */
  readonly addRestorePoint: (jobId: string, point: ModuleRestorePoint) => Promise<void>;
  readonly restorePoints: (jobId: string) => Promise<readonly ModuleRestorePoint[]>;
  /** Open jobs of a shard whose lease ran out before `at`, oldest first. */
  readonly expired: (shard: number, at: Date, limit: number) => Promise<readonly string[]>;
  /** Newest first. */
  readonly ofTenant: (tenantId: string, paging: Paging) => Promise<PageOf<Job>>;
  readonly events: (jobId: string, paging: Paging) => Promise<PageOf<AuditEvent>>;
  /** The configuration that the request brought, by module; kept apart from the job, which holds no data. */
  readonly configuration: (jobId: string) => Promise<Readonly<Record<string, GivenConfiguration>>>;
  /** Of a tenant whose data is gone: what its jobs' requests brought goes too; jobs and trails stay. Safe to repeat. */
  readonly forgetConfigurations: (tenantId: string) => Promise<void>;
}

/** One version with its module, and the tenant, as a step of the workflow needs them: read in one request. */
export interface WorkFacts {
  readonly tenant: TenantFacts;
  readonly versions: readonly { readonly module: CatalogModule; readonly version: ModuleVersion }[];
}
export interface WorkFactsReader {
  /** Leaves out versions that are not in the catalog; rejects with `Defect` when there is no such tenant. */
  readonly read: (tenantId: string, versions: readonly { readonly module: string; readonly version: string }[]) => Promise<WorkFacts>;
}

/** A tenant with the modules it has, as one consistent read. */
export interface TenantModules {
  /** Of a tenant whose data is gone; the trail stays. */
  readonly forget: (tenantId: string) => Promise<void>;
  readonly read: (tenantId: string) => Promise<{ readonly tenant: TenantFacts; readonly modules: readonly TenantModule[] } | undefined>;
  /** Archives whose time has come, oldest first. */
  readonly dueForPurge: (at: Date, limit: number) => Promise<readonly TenantModule[]>;
}

/** Modules and their versions. */
export interface Catalog {
  readonly read: (module: string) => Promise<{ readonly module: CatalogModule; readonly versions: readonly ModuleVersion[] } | undefined>;
  readonly list: (paging: Paging) => Promise<PageOf<CatalogModule>>;
  /** By name, each with all its versions, in one request. */
  readonly shelf: (paging: Paging) => Promise<PageOf<OfferedModule>>;
  /** Those of the modules that are in the catalog, in one request for a hundred. */
  readonly offered: (names: readonly string[]) => Promise<readonly OfferedModule[]>;
  /** Those of the versions that are in the catalog, in one request for a hundred. */
  readonly versions: (wanted: readonly VersionName[]) => Promise<readonly ModuleVersion[]>;
  /** Stores versions and the module's event together; rejects with `Contended` when the module changed since it was read. */
  readonly save: (change: CatalogChange) => Promise<void>;
  /** Remembers that landlord migrations up to `migration` stand. Never lowers it. */
  readonly landlordStands: (module: string, migration: number) => Promise<void>;
}

export interface VersionName {
  readonly module: string;
  readonly version: string;
}

/** A module, and what of its versions a plan needs to know. */
export interface OfferedModule {
  readonly module: CatalogModule;
  readonly versions: readonly OfferedVersion[];
}

export interface CatalogChange {
  readonly before?: CatalogModule;
  readonly module: CatalogModule;
  /** That are new, or changed. */
  readonly versions: readonly ModuleVersion[];
  /** The module's other versions, as they were. */
  readonly others: readonly ModuleVersion[];
  readonly event: Omit<AuditEvent, 'id' | 'sequence' | 'aggregate'>;
  readonly idempotency?: IdempotencyRecord;
}

/** The subscription context, as seen from here. Rejects with `Unavailable`, which says when to ask again, where nobody can say. */
export interface Subscriptions {
  readonly hasSubscriptionForModule: (tenantId: string, module: string) => Promise<boolean>;
  /** Those of the modules that the tenant has a subscription to. */
  readonly subscribedAmong: (tenantId: string, modules: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** What a tenant may use, by its plan. */
export interface Quotas {
  /** Why a change may not be made; `modules` is how many more the tenant would have. Rejects with `Unavailable` when nobody can say what the plan allows. */
  readonly refusals: (
    tenant: Pick<TenantFacts, 'id' | 'plan' | 'storageBytes'>,
    tenantModules: readonly TenantModule[],
    wanted: { readonly modules: number },
  ) => Promise<readonly Refusal[]>;
}

/** Executions of the workflows. Starting one that was started, and stopping one that ended or never was, succeed. */
export interface Executions {
  readonly start: (job: Pick<Job, 'id' | 'attempt' | 'kind'>) => Promise<void>;
  readonly stop: (job: Pick<Job, 'id' | 'attempt' | 'kind'>, cause: string) => Promise<void>;
}

/** A module's own migrator, asked what is wrong with the migrations that lead to a version. Rejects as `Migrators` does. */
export interface MigrationLint {
  readonly lint: (migratorArn: string, question: VersionName) => Promise<LintAnswer['findings']>;
}

/** A module's own migrator, asked what it would do. Changes nothing; rejects with `Unavailable` when it cannot be reached. */
export interface Migrators {
  readonly plan: (migratorArn: string, question: PlanQuestion) => Promise<PlanAnswer>;
}

/** Told of each job that ended, once that is stored; for metrics, so never twice and perhaps, after a crash, not at all. */
export type OnJobEnded = (job: Job) => void;

/** The fence in a tenant's database. Rejects with `Unavailable` when the database cannot be reached. */
export interface Fences {
  readonly raise: (target: TenantTarget, module: string, fence: number) => Promise<RaisedFence>;
}
export interface RaisedFence {
  /** False when a newer attempt was there. */
  readonly raised: boolean;
  /** The job that last did to the module what cannot be undone: if it is the one that asks, it only goes forward. */
  readonly committedBy?: string;
}

/** Stored events that still have to reach the bus. */
export interface Outbox {
  /** Unpublished events of a shard stored before `at`. */
  readonly waiting: (shard: number, at: Date, limit: number) => Promise<readonly AuditEvent[]>;
  readonly markPublished: (events: readonly Pick<AuditEvent, 'aggregate' | 'sequence' | 'at'>[]) => Promise<void>;
}

/** The bus. Answers the ids of the events it did not take. */
export interface Bus {
  readonly put: (events: readonly AuditEvent[]) => Promise<ReadonlySet<string>>;
}
