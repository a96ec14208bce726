import { whileContended } from '../../shared/application/while-contended.ts';
import type { StorageCounter, TenantStorage } from './ports.ts';

/** What the stream says of a tenant's storage; without `now` nothing of the tenant is stored any more. */
export interface SeenStorage {
  readonly tenantId: string;
  readonly now?: TenantStorage;
}

/** Follows what each module stores for each tenant, by the latest measurement. Seen again, nothing is added. Answers how much was new. */
export const makeCountStorage =
  (counter: StorageCounter) =>
  async (seen: readonly SeenStorage[]): Promise<number> => {
    const last = [...new Map(seen.map((one) => [one.tenantId, one])).values()];
    let fresh = 0;
    for (const { tenantId, now } of last) fresh += await whileContended(() => countOne(counter, tenantId, now));
    return fresh;
  };

const countOne = async (counter: StorageCounter, tenantId: string, now: TenantStorage | undefined): Promise<number> => {
  const before = await counter.storageOf(tenantId);
  if (now ? before && before.measuredAt >= now.measuredAt : !before) return 0;
  const modules = new Set([...Object.keys(before?.byModule ?? {}), ...Object.keys(now?.byModule ?? {})]);
  const moves = [...modules]
    .map((module) => ({ module, by: (now?.byModule[module] ?? 0) - (before?.byModule[module] ?? 0) }))
    .filter(({ by }) => by !== 0);
  await counter.countStorage({ ...(before ? { before } : {}), ...(now ? { after: now } : {}), moves });
  return 1;
};
