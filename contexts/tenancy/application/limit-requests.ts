import type { Clock } from '../../shared/domain/clock.ts';
import { Contended } from '../../shared/domain/errors.ts';
import { type TokenBucket, take } from '../domain/token-bucket.ts';
import type { TokenBuckets } from './ports.ts';

export interface LimitRequestsPorts {
  readonly buckets: TokenBuckets;
  /** `undefined` where nobody can say at the moment: then there is no limit. */
  readonly perMinuteOf: (tenantId: string) => Promise<number | undefined>;
  readonly clock: Clock;
}

/** Answers in how many seconds to come back, or `undefined` where the request may be served. */
export type LimitRequests = (tenantId: string) => Promise<number | undefined>;

/** What this instance took out of a tenant's bucket and has not used yet, or until when there is nothing to take. */
type Share = { readonly tokens: number } | { readonly refusedUntil: number };

const tenantsMax = 10_000;
/** One write to the bucket serves so large a part of a minute's requests. */
const sharesPerMinute = 20;
const triesMax = 3;

/**
 * Limits each tenant's requests over all instances together, approximately: an instance takes a twentieth of a minute's tokens
 * at once and serves from that until it is used up. So more than the limit come at once only by what instances had left.
 */
export const makeLimitRequests = (ports: LimitRequestsPorts): LimitRequests => {
  const shares = new Map<string, Share>();
  const keep = (tenantId: string, share: Share): void => {
    shares.delete(tenantId);
    shares.set(tenantId, share);
    const [longestKnown] = shares.keys();
    if (shares.size > tenantsMax && longestKnown !== undefined) shares.delete(longestKnown);
  };
  return async (tenantId) => {
    const now = ports.clock.now().getTime();
    const held = shares.get(tenantId);
    if (held && 'tokens' in held && held.tokens > 0) {
      keep(tenantId, { tokens: held.tokens - 1 });
      return undefined;
    }
    if (held && 'refusedUntil' in held && held.refusedUntil > now) return Math.ceil((held.refusedUntil - now) / 1000);
    const perMinute = await ports.perMinuteOf(tenantId);
    const taken = perMinute === undefined ? undefined : await takeShare(ports, tenantId, perMinute);
    if (taken === undefined) return undefined;
    if ('tokens' in taken) keep(tenantId, { tokens: taken.tokens - 1 });
    else keep(tenantId, { refusedUntil: now + taken.retryAfterSeconds * 1000 });
    return 'tokens' in taken ? undefined : taken.retryAfterSeconds;
  };
};

type TakenShare = { readonly tokens: number } | { readonly retryAfterSeconds: number };

/** Who keeps losing to other instances is served: it is an approximation, and they have all taken theirs. */
const takeShare = async ({ buckets, clock }: LimitRequestsPorts, tenantId: string, perMinute: number): Promise<TakenShare | undefined> => {
  const wanted = Math.max(1, Math.floor(perMinute / sharesPerMinute));
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const before = await buckets.read(tenantId);
    const taken = take(before, { perMinute, wanted, at: clock.now() });
    if ('retryAfterSeconds' in taken) return { retryAfterSeconds: taken.retryAfterSeconds };
    if (await saved(buckets, tenantId, { before, after: taken.bucket })) return { tokens: taken.granted };
  }
  return undefined;
};

const saved = async (
  buckets: TokenBuckets,
  tenantId: string,
  { before, after }: { readonly before: TokenBucket | undefined; readonly after: TokenBucket },
): Promise<boolean> => {
  try {
    await buckets.save(tenantId, before, after);
    return true;
  } catch (error) {
    if (error instanceof Contended) return false;
    throw error;
  }
};
