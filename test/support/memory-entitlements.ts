import { Contended } from '../../contexts/shared/domain/errors.ts';
import type { EntitlementChange, EntitlementStore } from '../../contexts/subscription/application/ports.ts';

/** Entitlements in memory: the twin of those in the registry table. */
export const makeMemoryEntitlements = (): EntitlementStore => {
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
      if (change.sequence !== of(change.entitlement.tenantId).length + 1) throw new Contended('another change came first');
      changes.push(change);
    },
  };
};
