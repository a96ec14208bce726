import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { makeRememberedQuota } from '../../contexts/subscription/index.ts';
import { type LimitRequests, makeDynamoTokenBuckets, makeLimitRequests } from '../../contexts/tenancy/index.ts';
import { clock } from './registry.ts';
import { openSubscriptions } from './subscriptions.ts';

/** How often a tenant's users may ask, by its plan; counted over all functions together. */
export const openRequestLimit = (table: Table): LimitRequests => {
  const quotaOf = makeRememberedQuota({ subscriptions: openSubscriptions(table), clock });
  return makeLimitRequests({
    buckets: makeDynamoTokenBuckets(table),
    perMinuteOf: async (tenantId) => (await quotaOf(tenantId))?.requestsPerMinute,
    clock,
  });
};
