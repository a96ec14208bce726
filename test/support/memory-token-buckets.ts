import { Contended } from '../../contexts/shared/domain/errors.ts';
import type { TokenBuckets } from '../../contexts/tenancy/application/ports.ts';
import type { TokenBucket } from '../../contexts/tenancy/domain/token-bucket.ts';

/** Token buckets in memory: the twin of those in the registry table. */
export const makeMemoryTokenBuckets = (): TokenBuckets => {
  const buckets = new Map<string, TokenBucket>();
  return {
    read: async (tenantId) => buckets.get(tenantId),
    save: async (tenantId, before, after) => {
      const now = buckets.get(tenantId);
      if (now?.tokens !== before?.tokens || now?.at.getTime() !== before?.at.getTime()) throw new Contended('another instance took first');
      buckets.set(tenantId, after);
    },
  };
};
