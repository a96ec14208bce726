import type { Table } from '../../shared/adapters/dynamo-table.ts';
import { Defect } from '../../shared/domain/errors.ts';
import type { SubscriptionService } from '../application/ports.ts';
import { quotaOf } from '../domain/subscription-plan.ts';
import { entitlementKey } from './dynamo-entitlements.ts';

/** What other contexts ask, answered in process. */
export const makeDynamoSubscriptions = (table: Table): SubscriptionService => ({
  hasSubscriptionForModule: async (tenantId, module) => {
    const item = await table.get(entitlementKey(tenantId, module));
    return item?.['status'] === 'active';
  },
  subscribedAmong: async (tenantId, modules) => {
    if (modules.length === 0) return new Set();
    const items = await table.batchGet(modules.map((module) => entitlementKey(tenantId, module)));
    return new Set(items.flatMap(({ module, status }) => (status === 'active' ? [String(module)] : [])));
  },
  getSubscriptionQuota: async ({ id, plan }) => {
    const quota = quotaOf(plan);
    if (quota) return quota;
    throw new Defect(`tenant ${id} is on a plan that is not known: ${plan}`, { tenantId: id, plan });
  },
});
