import type { Refusal } from '../../shared/domain/errors.ts';
import { type TenantSlug, tenantDatabaseName } from '../../shared/domain/names.ts';

/** provisioning → active; provisioning → failed, from where provisioning can be tried again. */
export type TenantStatus = 'provisioning' | 'active' | 'failed';

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
  readonly createdAt: Date;
}

/** A tenant that is asked for, before anything of it exists. Revision 1 is the fence of its provisioning's first attempt. */
export const newTenant = (facts: Pick<Tenant, 'id' | 'slug' | 'name' | 'plan' | 'clusterArn' | 'createdAt'>): Tenant => ({
  ...facts,
  status: 'provisioning',
  revision: 1,
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
