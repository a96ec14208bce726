import type { IdempotencyRecord } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import type { MeasuredStorage, Tenant, TenantChange, TenantRoles, TenantStatus } from '../domain/tenant.ts';
import type { TokenBucket } from '../domain/token-bucket.ts';

export interface Paging {
  readonly limit: number;
  readonly cursor?: string;
}

/** A change of a tenant that no job makes, stored with its event. */
export interface TenantStatusChange {
  readonly tenant: Tenant;
  readonly status: TenantStatus;
  /** The domain event's name. */
  readonly event: string;
  readonly actor: string;
  readonly at: Date;
  readonly idempotency?: IdempotencyRecord;
}

/** Another subscription plan, stored with its event. */
export interface TenantPlanChange extends Omit<TenantStatusChange, 'status' | 'event'> {
  readonly plan: string;
}

/** Tenants, by id and by slug. */
export interface TenantStore {
  readonly get: (tenantId: string) => Promise<Tenant | undefined>;
  /** The id that a slug was given to, ever. */
  readonly idOf: (slug: string) => Promise<string | undefined>;
  /** Rejects with `Contended` when someone changed the tenant first. */
  readonly changeStatus: (change: TenantStatusChange) => Promise<void>;
  /** Raises the revision too, so that no change of a module is stored that was checked against the plan before. Rejects with `Contended` when someone changed the tenant first. */
  readonly changePlan: (change: TenantPlanChange) => Promise<void>;
  /** Remembers a measurement; a later one is not replaced by an earlier. */
  readonly measured: (tenantId: string, storage: MeasuredStorage) => Promise<void>;
  /** Ids of archived tenants whose data is to be dropped by now. */
  readonly dueForPurge: (at: Date, limit: number) => Promise<readonly string[]>;
  /** By slug. */
  readonly list: (paging: Paging) => Promise<{ readonly items: readonly Tenant[]; readonly cursor?: string }>;
}

/** Each tenant's requests as tokens. */
export interface TokenBuckets {
  /** Absent where it was never used, or not for so long that it is full. */
  readonly read: (tenantId: string) => Promise<TokenBucket | undefined>;
  /** Rejects with `Contended` when another instance took first. */
  readonly save: (tenantId: string, before: TokenBucket | undefined, after: TokenBucket) => Promise<void>;
}

/** Jobs about a tenant as a whole, which another context keeps; tenancy's items are stored in the same transaction. */
export interface TenantJobs {
  /** Stores the tenant, its slug and the job; rejects with `Contended` when the slug is taken. Then starts the execution. */
  readonly requestProvision: (tenant: Tenant, request: JobRequestBy) => Promise<{ readonly jobId: string }>;
  /** Stores the job and the tenant's new status; rejects with `Contended` when the tenant is not as it was read. Then starts the execution. */
  readonly requestChange: (
    tenant: Tenant,
    request: JobRequestBy & { readonly change: TenantChange; readonly status: TenantStatus },
  ) => Promise<{ readonly jobId: string }>;
  /** A job that is changing a module of the tenant, if there is one. */
  readonly changingJob: (tenantId: string) => Promise<string | undefined>;
}
export interface JobRequestBy {
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

/** A tenant role's name and password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Secrets of tenants. `ensure` answers what is stored already where there is something. */
export interface TenantSecrets {
  readonly ensure: (
    tenantId: string,
    role: 'owner' | 'app',
    wanted: Credentials,
  ) => Promise<{ readonly arn: string; readonly password: string }>;
  /** Deletes both secrets; absent ones are fine. */
  readonly remove: (tenantId: string) => Promise<void>;
}

/**
 * What a cluster's administrator does for a tenant. Each is safe to repeat. `fence` is the attempt's: once a newer one has been
 * raised, each rejects with `Refused` (superseded) and has changed nothing of what the newer one works on. Each may reject with
 * `Contended`, or with `Unavailable` when the cluster cannot be reached.
 */
export interface ClusterAdministration {
  readonly raiseFence: (roles: TenantRoles, fence: number) => Promise<void>;
  readonly ensureRole: (roles: TenantRoles, name: string, made: { readonly verifier: string; readonly fence: number }) => Promise<void>;
  readonly ensureDatabase: (roles: TenantRoles, fence: number) => Promise<void>;
  /** The platform's schema, tables and rights in the tenant's database. `ownerSecretArn` lets the owner set its own default privileges. */
  readonly ensurePlatform: (roles: TenantRoles, ownerSecretArn: string) => Promise<void>;
  /** Databases that PUBLIC may connect to, of those that concern the tenant. */
  readonly publicConnect: (roles: TenantRoles) => Promise<readonly string[]>;
  /** Out of reach of everyone but the administrator, with all that is in it. */
  readonly archiveDatabase: (roles: TenantRoles, fence: number) => Promise<void>;
  /** The reverse. */
  readonly restoreDatabase: (roles: TenantRoles, fence: number) => Promise<void>;
  /** The database, archived or not, with whoever is connected to it, and the roles. */
  readonly remove: (roles: TenantRoles, fence: number) => Promise<void>;
}
