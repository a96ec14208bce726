import type { Clock } from '../../shared/domain/clock.ts';
import { Unavailable } from '../../shared/domain/errors.ts';
import type { Quota } from '../../shared/domain/quota.ts';

export interface RememberedQuotaPorts {
  /** What the tenant's plan allows. Rejects with `Unavailable` when nobody can say. */
  readonly quotaOf: (tenantId: string) => Promise<Quota>;
  readonly clock: Clock;
}

interface Remembered {
  readonly quota: Quota | undefined;
  readonly until: number;
}

const rememberedMilliseconds = 60_000;
const tenantsMax = 10_000;

/**
 * A tenant's quota as it was within the last minute, for what asks at every request. While the service is away it is the one
 * that was known last, or `undefined`: nobody's requests wait for it, or are refused because of it.
 */
export const makeRememberedQuota = ({ quotaOf, clock }: RememberedQuotaPorts) => {
  const known = new Map<string, Remembered>();
  const keep = (tenantId: string, quota: Quota | undefined): Quota | undefined => {
    known.delete(tenantId);
    known.set(tenantId, { quota, until: clock.now().getTime() + rememberedMilliseconds });
    const [longestKnown] = known.keys();
    if (known.size > tenantsMax && longestKnown !== undefined) known.delete(longestKnown);
    return quota;
  };
  return async (tenantId: string): Promise<Quota | undefined> => {
    const remembered = known.get(tenantId);
    if (remembered && remembered.until > clock.now().getTime()) return remembered.quota;
    try {
      return keep(tenantId, await quotaOf(tenantId));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return keep(tenantId, remembered?.quota);
    }
  };
};
