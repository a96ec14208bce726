import type { Fences } from '../../contexts/module-registry/index.ts';
import type { Database } from '../../contexts/shared/application/database.ts';
import type { Clock } from '../../contexts/shared/domain/clock.ts';
import type { TenantTarget } from '../../contexts/shared/domain/migrator-contract.ts';
import { measureStorage, type TenantStore } from '../../contexts/tenancy/index.ts';

export interface MeasuredFencesParts {
  readonly fences: Fences;
  readonly databaseOf: (target: TenantTarget) => Database;
  readonly tenants: Pick<TenantStore, 'measured'>;
  readonly clock: Clock;
}

const freshMilliseconds = 60_000;
const tenantsMax = 1_000;

/**
 * Fences that also see to it that what a tenant stores is known: raising one is a job's first way into the tenant's database,
 * before anything is changed. Measured once a minute at most, so once for all modules of a job.
 */
export const measuredFences = ({ fences, databaseOf, tenants, clock }: MeasuredFencesParts): Fences => {
  const measuredAt = new Map<string, number>();
  const measure = async (target: TenantTarget): Promise<void> => {
    const storage = await measureStorage(databaseOf(target), clock);
    await tenants.measured(target.tenantId, storage);
    measuredAt.delete(target.tenantId);
    measuredAt.set(target.tenantId, storage.measuredAt.getTime());
    const [longestAgo] = measuredAt.keys();
    if (measuredAt.size > tenantsMax && longestAgo !== undefined) measuredAt.delete(longestAgo);
  };
  return {
    raise: async (target, module, fence) => {
      const answer = await fences.raise(target, module, fence);
      const isFresh = (measuredAt.get(target.tenantId) ?? 0) > clock.now().getTime() - freshMilliseconds;
      if (answer.raised && !isFresh) await measure(target);
      return answer;
    },
  };
};
