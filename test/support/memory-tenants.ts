import { Contended } from '../../contexts/shared/domain/errors.ts';
import type { TenantStatusChange, TenantStore } from '../../contexts/tenancy/application/ports.ts';
import type { Tenant } from '../../contexts/tenancy/domain/tenant.ts';
import { type MemoryTrail, makeMemoryTrail, pageOf } from './memory-trail.ts';

/** Tenants in memory: the twin of those in the registry table. */
export interface MemoryTenants extends TenantStore {
  /** Throws `Contended` when the slug was ever taken. */
  readonly add: (tenant: Tenant) => void;
  /** As a job about the tenant as a whole would. */
  readonly set: (tenantId: string, facts: Partial<Tenant>) => void;
}

interface Change extends Pick<TenantStatusChange, 'event' | 'actor' | 'at' | 'idempotency'> {
  readonly set: Partial<Tenant>;
  readonly from: string;
  readonly to: string;
}

export const makeMemoryTenants = (trail: MemoryTrail = makeMemoryTrail()): MemoryTenants => {
  const tenants = new Map<string, Tenant>();
  const idOf = (slug: string): string | undefined => [...tenants.values()].find((tenant) => tenant.slug === slug)?.id;
  const set: MemoryTenants['set'] = (tenantId, facts) => {
    const tenant = tenants.get(tenantId);
    if (tenant) tenants.set(tenantId, { ...tenant, ...facts });
  };
  const change = (tenant: Tenant, { set: facts, event: name, actor, at, idempotency, ...move }: Change): void => {
    const stored = tenants.get(tenant.id);
    if (stored?.revision !== tenant.revision || stored.status !== tenant.status) throw new Contended('another request changed it first');
    const sequence = tenant.sequence + 1;
    const about = { id: `${tenant.id}-${sequence}`, aggregate: `TENANT#${tenant.id}`, tenantId: tenant.id };
    trail.store([{ ...about, sequence, name, actor, at: at.toISOString(), ...move }], { record: idempotency, at });
    set(tenant.id, { ...facts, sequence, revision: tenant.revision + 1 });
  };
  return {
    set,
    add: (tenant) => {
      if (idOf(tenant.slug) !== undefined || tenants.has(tenant.id)) throw new Contended(`${tenant.slug} is taken`);
      tenants.set(tenant.id, tenant);
    },
    get: async (tenantId) => tenants.get(tenantId),
    idOf: async (slug) => idOf(slug),
    changeStatus: async ({ tenant, status, event, ...by }) =>
      change(tenant, { set: { status }, event, from: tenant.status, to: status, ...by }),
    changePlan: async ({ tenant, plan, ...by }) =>
      change(tenant, { set: { plan }, event: 'TenantPlanChanged', from: tenant.plan, to: plan, ...by }),
    measured: async (tenantId, storage) => {
      const known = tenants.get(tenantId)?.storage;
      if (!known || known.measuredAt < storage.measuredAt) set(tenantId, { storage });
    },
    dueForPurge: async (at, limit) =>
      [...tenants.values()]
        .flatMap(({ id, dropAfter }) => (dropAfter && dropAfter <= at ? [{ id, dropAfter }] : []))
        .toSorted((a, b) => a.dropAfter.getTime() - b.dropAfter.getTime())
        .slice(0, limit)
        .map(({ id }) => id),
    list: async (paging) =>
      pageOf(
        [...tenants.values()].toSorted((a, b) => (a.slug < b.slug ? -1 : 1)),
        ({ slug }) => slug,
        paging,
      ),
  };
};
