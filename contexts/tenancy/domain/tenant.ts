import type { Refusal } from '../../shared/domain/errors.ts';
import { type TenantSlug, tenantDatabaseName } from '../../shared/domain/names.ts';

/**
 * provisioning → active, or failed, from where provisioning can be tried again. active ⇄ suspended. From either
 * deprovisioning → archived; archived → restoring → active, or purging → deprovisioned, which is for ever.
 */
export const tenantStatuses = [
  'provisioning',
  'active',
  'failed',
  'suspended',
  'deprovisioning',
  'archived',
  'restoring',
  'purging',
  'deprovisioned',
] as const;
export type TenantStatus = (typeof tenantStatuses)[number];

/** How much a tenant's database held, archives of modules included. */
export interface MeasuredStorage {
  readonly bytes: number;
  /** Of this, what each module has, its archives included. */
  readonly byModule?: Readonly<Record<string, number>>;
  readonly measuredAt: Date;
}

export interface Tenant {
  readonly id: string;
  /** Immutable, never reused. */
  readonly slug: TenantSlug;
  readonly name: string;
  readonly status: TenantStatus;
  readonly plan: string;
  /** Raised by every transaction that begins to change the tenant's modules. */
  readonly revision: number;
  readonly clusterArn: string;
  readonly database: string;
  /** Present once provisioned. */
  readonly ownerSecretArn?: string;
  readonly appSecretArn?: string;
  /** What it was before deprovisioning began, so that a failure can bring it back. */
  readonly previousStatus?: TenantStatus;
  /** While the tenant as a whole is being changed: the job that does it. */
  readonly jobId?: string;
  /** Of an archived tenant: when its data is dropped. */
  readonly dropAfter?: Date;
  /** Of its database, once measured. */
  readonly storage?: MeasuredStorage;
  /** The number of the last event in the tenant's own trail. */
  readonly sequence: number;
  readonly createdAt: Date;
}

/** A tenant that is asked for, before anything of it exists. Revision 1 is the fence of its provisioning's first attempt. */
export const newTenant = (facts: Pick<Tenant, 'id' | 'slug' | 'name' | 'plan' | 'clusterArn' | 'createdAt'>): Tenant => ({
  ...facts,
  status: 'provisioning',
  revision: 1,
  sequence: 0,
  database: tenantDatabaseName(facts.slug),
});

export const slugTaken = (slug: string): Refusal => ({
  kind: 'conflict',
  reason: 'tenant-exists',
  message: `the slug ${slug} is taken, or was once; slugs are never reused: choose another`,
  facts: { slug },
});

/** The names that follow from the slug: a database and its two roles. */
export interface TenantRoles {
  readonly database: string;
  readonly owner: string;
  readonly app: string;
}

export const tenantRoles = (slug: TenantSlug): TenantRoles => {
  const database = tenantDatabaseName(slug);
  return { database, owner: `${database}_owner`, app: `${database}_app` };
};

/** Changes of a tenant as a whole that a job makes. */
export type TenantChange = 'deprovision' | 'restore-tenant' | 'purge-tenant';

const fromWhich: Readonly<Record<TenantChange, readonly TenantStatus[]>> = {
  deprovision: ['active', 'suspended'],
  'restore-tenant': ['archived'],
  'purge-tenant': ['archived'],
};
const meanwhile: Readonly<Record<TenantChange, TenantStatus>> = {
  deprovision: 'deprovisioning',
  'restore-tenant': 'restoring',
  'purge-tenant': 'purging',
};

/** The job that makes this very change already, if there is one. */
export const jobForTheSame = ({ status, jobId }: Pick<Tenant, 'status' | 'jobId'>, change: TenantChange): string | undefined =>
  status === meanwhile[change] ? jobId : undefined;

/** The status while the change is made, or why it cannot be. `changingJob` is a job that is changing one of the tenant's modules. */
export const requestChange = (
  { slug, status }: Pick<Tenant, 'slug' | 'status'>,
  change: TenantChange,
  changingJob: string | undefined,
): TenantStatus | Refusal => {
  if (!fromWhich[change].includes(status))
    return {
      kind: 'conflict',
      reason: 'tenant-not-in-this-state',
      message: `tenant ${slug} is ${status}; ${change} is possible only when it is ${fromWhich[change].join(' or ')}`,
      facts: { tenant: slug, status, possibleWhen: fromWhich[change] },
    };
  if (changingJob !== undefined)
    return {
      kind: 'conflict',
      reason: 'job-in-the-way',
      message: `job ${changingJob} is changing a module of ${slug}; ask again when it has ended`,
      facts: { tenant: slug, jobId: changingJob },
    };
  return meanwhile[change];
};

/** The status after a suspension or its end; the same when nothing changes. */
export const suspendOrResume = (
  { slug, status }: Pick<Tenant, 'slug' | 'status'>,
  wanted: 'suspended' | 'active',
): TenantStatus | Refusal =>
  status === 'active' || status === 'suspended'
    ? wanted
    : {
        kind: 'conflict',
        reason: 'tenant-not-in-this-state',
        message: `tenant ${slug} is ${status}; it can be suspended and resumed only when it is active or suspended`,
        facts: { tenant: slug, status, possibleWhen: ['active', 'suspended'] },
      };

/** Whether the tenant's subscription plan may become another: silent (`undefined`) where it is that already. What it has stays, whatever the plan allows. */
export const changePlan = (
  { slug, status, plan }: Pick<Tenant, 'slug' | 'status' | 'plan'>,
  wanted: string,
): string | undefined | Refusal => {
  if (status === 'purging' || status === 'deprovisioned')
    return {
      kind: 'conflict',
      reason: 'tenant-not-in-this-state',
      message: `tenant ${slug} is ${status}; it needs no subscription plan any more`,
      facts: { tenant: slug, status },
    };
  return plan === wanted ? undefined : wanted;
};
