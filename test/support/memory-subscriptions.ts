import type { Quota } from '../../contexts/shared/domain/quota.ts';
import type { SubscriptionService } from '../../contexts/subscription/index.ts';

/** So much that nobody meets it. */
export const ampleQuota: Quota = { modules: 1_000, concurrentJobs: 1_000, storageBytes: 1_000_000_000_000, requestsPerMinute: 1_000_000 };

/** A subscription service that says the same of every tenant and module. */
export const saying = (entitled: boolean, quota: Quota = ampleQuota): SubscriptionService => ({
  hasSubscriptionForModule: async () => entitled,
  subscribedAmong: async (_, modules) => new Set(entitled ? modules : []),
  getSubscriptionQuota: async () => quota,
});
