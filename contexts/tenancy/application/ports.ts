import type { IdempotencyRecord } from '../../shared/application/idempotency.ts';
import type { Tenant, TenantRoles } from '../domain/tenant.ts';

export interface Paging {
  readonly limit: number;
  readonly cursor?: string;
}

/** Tenants, by id and by slug. */
export interface TenantStore {
  readonly get: (tenantId: string) => Promise<Tenant | undefined>;
  /** The id that a slug was given to, ever. */
  readonly idOf: (slug: string) => Promise<string | undefined>;
  /** By slug. */
  readonly list: (paging: Paging) => Promise<{ readonly items: readonly Tenant[]; readonly cursor?: string }>;
}

/** Jobs of kind `provision`, which another context keeps; tenancy's items are stored in the same transaction. */
export interface ProvisionJobs {
  /** Stores the tenant, its slug and the job; rejects with `Contended` when the slug is taken. Then starts the execution. */
  readonly request: (tenant: Tenant, actor: string, idempotency?: IdempotencyRecordOf) => Promise<{ readonly jobId: string }>;
}
type IdempotencyRecordOf = Omit<IdempotencyRecord, 'answer'>;

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

/** What a cluster's administrator does for a tenant. Each is safe to repeat; `ensure…` reject with `Contended` when another worker makes the same. */
export interface ClusterAdministration {
  /** Rejects with `Unavailable` when the cluster cannot be reached. */
  readonly reach: () => Promise<void>;
  readonly ensureRole: (name: string, verifier: string) => Promise<void>;
  readonly ensureDatabase: (roles: TenantRoles) => Promise<void>;
  /** The platform's schema, tables and rights in the tenant's database. `ownerSecretArn` lets the owner set its own default privileges. */
  readonly ensurePlatform: (roles: TenantRoles, ownerSecretArn: string) => Promise<void>;
  /** Databases that PUBLIC may connect to, of those that concern the tenant. */
  readonly publicConnect: (roles: TenantRoles) => Promise<readonly string[]>;
  /** With whoever is connected to it. */
  readonly dropDatabase: (roles: TenantRoles) => Promise<void>;
  readonly dropRole: (name: string) => Promise<void>;
}
