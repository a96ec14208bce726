import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { Contended, Refused } from '../../shared/domain/errors.ts';
import { type TenantSlug, Ulid } from '../../shared/domain/names.ts';
import { newTenant, slugTaken, type Tenant } from '../domain/tenant.ts';
import type { TenantJobs, TenantStore } from './ports.ts';

export interface CreateTenantPorts {
  readonly tenants: Pick<TenantStore, 'idOf'>;
  readonly jobs: Pick<TenantJobs, 'requestProvision'>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly newId: NewId;
  /** The cluster that new tenants are placed on. */
  readonly clusterArn: string;
}

export interface CreateTenant {
  readonly slug: TenantSlug;
  readonly name: string;
  readonly plan: string;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

/** Reserves the slug and asks for the tenant's provisioning. Rejects with `Refused` (409) when the slug was ever taken. */
export const makeCreateTenant =
  (ports: CreateTenantPorts) =>
  async ({ slug, name, plan, actor, idempotency }: CreateTenant): Promise<{ readonly jobId: string }> => {
    const at = ports.clock.now();
    const kept = await keptAnswer(ports.idempotency, idempotency, at);
    if (typeof kept?.['jobId'] === 'string') return { jobId: kept['jobId'] };
    const tenant = newTenant({ id: ports.newId(), slug, name, plan, clusterArn: ports.clusterArn, createdAt: at });
    try {
      return await ports.jobs.requestProvision(tenant, { actor, ...(idempotency ? { idempotency } : {}) });
    } catch (error) {
      if (!(error instanceof Contended)) throw error;
      const meanwhile = await keptAnswer(ports.idempotency, idempotency, at);
      if (typeof meanwhile?.['jobId'] === 'string') return { jobId: meanwhile['jobId'] };
      if ((await ports.tenants.idOf(slug)) === undefined) throw error;
      throw new Refused(slugTaken(slug), { cause: error });
    }
  };

const remembered = 10_000;

/** Resolves a slug or an id. Who was once found is remembered, which is sound: slugs are immutable and never reused. */
export const makeResolveTenant = (tenants: Pick<TenantStore, 'idOf' | 'get'>) => {
  const known = new Map<string, TenantRef>();
  return async (slugOrId: string): Promise<TenantRef | undefined> => {
    const found = known.get(slugOrId) ?? (await find(tenants, slugOrId));
    if (found) known.set(found.slug, found).set(found.id, found);
    for (const longestKnown of known.keys()) {
      if (known.size <= remembered) break;
      known.delete(longestKnown);
    }
    return found;
  };
};

const find = async (tenants: Pick<TenantStore, 'idOf' | 'get'>, slugOrId: string): Promise<TenantRef | undefined> => {
  if (!Ulid.safeParse(slugOrId).success) {
    const id = await tenants.idOf(slugOrId);
    return id === undefined ? undefined : { id, slug: slugOrId };
  }
  const tenant = await tenants.get(slugOrId);
  return tenant && { id: tenant.id, slug: tenant.slug };
};

/** Rejects with `Refused` (404) when there is no such tenant. */
export const makeReadTenant =
  (tenants: Pick<TenantStore, 'get'>) =>
  async (tenantId: string): Promise<Tenant> => {
    const tenant = await tenants.get(tenantId);
    if (tenant) return tenant;
    throw new Refused({
      kind: 'not-found',
      reason: 'unknown-tenant',
      message: `there is no tenant ${tenantId}`,
      facts: { tenant: tenantId },
    });
  };
