import { makeDynamoTenantModules, type TenantModule } from '../../contexts/module-registry/index.ts';
import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { makeCheckQuota, makeDynamoTenants, makeReadQuota, type Usage, type Wanted } from '../../contexts/tenancy/index.ts';
import { newId } from './registry.ts';
import { openSubscriptions } from './subscriptions.ts';

/** What tenants may use, by their plan, and what of it they use. */
export const openQuotas = (table: Table) => {
  const tenants = makeDynamoTenants(table, newId);
  const tenantModules = makeDynamoTenantModules(table);
  const quotaOf = openSubscriptions(table).getSubscriptionQuota;
  const check = makeCheckQuota({ tenants, quotaOf });
  return {
    readQuota: makeReadQuota({
      tenants,
      quotaOf,
      inUse: async (tenantId) => inUse((await tenantModules.read(tenantId))?.modules ?? []),
    }),
    /** `modules` as they were read with the revision that the change's transaction asks for, so that no two changes pass together. */
    quotaRefusals: (tenantId: string, modules: readonly TenantModule[], wanted: Wanted) => check(tenantId, inUse(modules), wanted),
  };
};

const inUse = (modules: readonly TenantModule[]): Pick<Usage, 'modules' | 'concurrentJobs'> => ({
  modules: modules.filter(({ status }) => status !== 'Archived').length,
  concurrentJobs: new Set(modules.flatMap(({ status, jobId }) => (status === 'Changing' && jobId ? [jobId] : []))).size,
});
