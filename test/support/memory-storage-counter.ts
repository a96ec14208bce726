import type { StorageCounter, TenantStorage } from '../../contexts/analytics/application/ports.ts';
import { Contended } from '../../contexts/shared/domain/errors.ts';

/** Storage that is counted in memory: the twin of what is counted in the registry table. */
export const makeMemoryStorageCounter = (): StorageCounter => {
  const tenants = new Map<string, TenantStorage>();
  const totals = new Map<string, number>();
  return {
    storageOf: async (tenantId) => tenants.get(tenantId),
    countStorage: async ({ before, after, moves }) => {
      const tenantId = (after ?? before)?.tenantId ?? '';
      if (tenants.get(tenantId)?.measuredAt.getTime() !== before?.measuredAt.getTime()) throw new Contended('it was measured meanwhile');
      if (after) tenants.set(tenantId, after);
      else tenants.delete(tenantId);
      for (const { module, by } of moves) totals.set(module, (totals.get(module) ?? 0) + by);
    },
    bytesByModule: async () => [...totals].map(([module, bytes]) => ({ module, bytes })).filter(({ bytes }) => bytes > 0),
  };
};
