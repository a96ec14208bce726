import { Contended } from '../../contexts/shared/domain/errors.ts';
import type { EntitlementChange, EntitlementStore } from '../../contexts/subscription/application/ports.ts';
import { type MemoryTrail, makeMemoryTrail } from './memory-trail.ts';

/** Entitlements in memory: the twin of those in the registry table. */
export const makeMemoryEntitlements = (trail: MemoryTrail = makeMemoryTrail()): EntitlementStore => {
  const changes: EntitlementChange[] = [];
  const of = (tenantId: string): readonly EntitlementChange[] => changes.filter(({ entitlement }) => entitlement.tenantId === tenantId);
  const read: EntitlementStore['read'] = async (tenantId) => {
    const newest = new Map(of(tenantId).map(({ entitlement }) => [entitlement.module, entitlement]));
    return { entitlements: [...newest.values()].toSorted((a, b) => (a.module < b.module ? -1 : 1)), sequence: of(tenantId).length };
  };
  return {
    read,
    find: async (tenantId, module) => (await read(tenantId)).entitlements.find((entitlement) => entitlement.module === module),
    save: async (change) => {
      const { sequence, event: name, actor, at, idempotency } = change;
      const { tenantId, module } = change.entitlement;
      if (sequence !== of(tenantId).length + 1) throw new Contended('another change came first');
      const aggregate = `SUBSCRIPTION#${tenantId}`;
      const event = { id: `${tenantId}-${sequence}`, sequence, name, aggregate, tenantId, module, actor, at: at.toISOString() };
      trail.store([event], { record: idempotency, at });
      changes.push(change);
    },
  };
};
