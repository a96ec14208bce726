import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { makeRememberedQuota } from '../../contexts/subscription/index.ts';
import {
  type LimitRequests,
  makeDynamoTenants,
  makeDynamoTokenBuckets,
  makeLimitRequests,
  makeReadTenant,
} from '../../contexts/tenancy/index.ts';
import { clock, newId } from './registry.ts';
import { openSubscriptions } from './subscriptions.ts';

/** How often a tenant's users may ask, by its plan; counted over all functions together. */
export const openRequestLimit = (table: Table): LimitRequests => {
  const { getSubscriptionQuota } = openSubscriptions(table);
  const readTenant = makeReadTenant(makeDynamoTenants(table, newId));
  const quotaOf = makeRememberedQuota({ quotaOf: async (tenantId) => getSubscriptionQuota(await readTenant(tenantId)), clock });
  return makeLimitRequests({
    buckets: makeDynamoTokenBuckets(table),
    perMinuteOf: async (tenantId) => (await quotaOf(tenantId))?.requestsPerMinute,
    clock,
  });
};
