import { makeDynamoTenantModules, type Quotas, type TenantModule } from '../../contexts/module-registry/index.ts';
import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { makeCheckQuota, makeDynamoTenants, makeReadQuota, type Usage } from '../../contexts/tenancy/index.ts';
import { newId } from './registry.ts';
import { openSubscriptions } from './subscriptions.ts';

/** What tenants may use, by their plan, and what of it they use. */
export const openReadQuota = (table: Table) => {
  const tenantModules = makeDynamoTenantModules(table);
  return makeReadQuota({
    tenants: makeDynamoTenants(table, newId),
    quotaOf: openSubscriptions(table).getSubscriptionQuota,
    inUse: async (tenantId) => inUse((await tenantModules.read(tenantId))?.modules ?? []),
  });
};

/** What of that forbids a change. All of it was read with the revision that the change's transaction asks for, so that no two changes pass together. */
export const openQuotas = (table: Table): Quotas => {
  const check = makeCheckQuota({ quotaOf: openSubscriptions(table).getSubscriptionQuota });
  return {
    refusals: ({ storageBytes, ...tenant }, modules, wanted) => check(tenant, { ...inUse(modules), storageBytes }, wanted),
  };
};

const inUse = (modules: readonly TenantModule[]): Pick<Usage, 'modules' | 'concurrentJobs'> => ({
  modules: modules.filter(({ status }) => status !== 'Archived').length,
  concurrentJobs: new Set(modules.flatMap(({ status, jobId }) => (status === 'Changing' && jobId ? [jobId] : []))).size,
});
