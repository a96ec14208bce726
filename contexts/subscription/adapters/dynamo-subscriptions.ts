import type { Table } from '../../shared/adapters/dynamo-table.ts';
import { Defect } from '../../shared/domain/errors.ts';
import type { SubscriptionService } from '../application/ports.ts';
import { quotaOf } from '../domain/subscription-plan.ts';
import { entitlementKey } from './dynamo-entitlements.ts';

/** What other contexts ask, answered in process. `planOf` says which plan a tenant is on; tenancy keeps that. */
export const makeDynamoSubscriptions = (table: Table, planOf: (tenantId: string) => Promise<string>): SubscriptionService => ({
  hasSubscriptionForModule: async (tenantId, module) => {
    const item = await table.get(entitlementKey(tenantId, module));
    return item?.['status'] === 'active';
  },
  getSubscriptionQuota: async (tenantId) => {
    const plan = await planOf(tenantId);
    const quota = quotaOf(plan);
    if (quota) return quota;
    throw new Defect(`tenant ${tenantId} is on a plan that is not known: ${plan}`, { tenantId, plan });
  },
});
