import { Contended } from '../../contexts/shared/domain/errors.ts';
import type { EntitlementChange, EntitlementStore } from '../../contexts/subscription/application/ports.ts';
import { type EntitlementUse, type UseChange, type UseFacts, useAfter } from '../../contexts/subscription/domain/entitlement-use.ts';
import { type MemoryTrail, makeMemoryTrail } from './memory-trail.ts';

/** Entitlements in memory: the twin of those in the registry table. */
export interface MemoryEntitlements extends EntitlementStore {
  /** As a job does with its new state. */
  readonly use: (change: UseChange, facts: UseFacts) => void;
}

export const makeMemoryEntitlements = (trail: MemoryTrail = makeMemoryTrail()): MemoryEntitlements => {
  const changes: EntitlementChange[] = [];
  const uses = new Map<string, EntitlementUse>();
  const of = (tenantId: string): readonly EntitlementChange[] => changes.filter(({ entitlement }) => entitlement.tenantId === tenantId);
  const read: EntitlementStore['read'] = async (tenantId) => {
    const newest = new Map(of(tenantId).map(({ entitlement }) => [entitlement.module, entitlement]));
    return {
      entitlements: [...newest.values()].toSorted((a, b) => (a.module < b.module ? -1 : 1)),
      uses: [...uses.values()].filter((use) => use.tenantId === tenantId).toSorted((a, b) => (a.module < b.module ? -1 : 1)),
      sequence: of(tenantId).length,
    };
  };
  return {
    read,
    use: (change, facts) => {
      const key = `${facts.tenantId} ${facts.module}`;
      const use = useAfter(change, facts);
      if (use) uses.set(key, use);
      else uses.delete(key);
    },
    releaseAll: async (tenantId) => {
      for (const [key, use] of uses) if (use.tenantId === tenantId) uses.delete(key);
    },
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
