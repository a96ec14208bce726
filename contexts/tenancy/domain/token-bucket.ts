/** A tenant's requests as tokens: they come back evenly, and no more are kept than a minute brings. */
export interface TokenBucket {
  readonly tokens: number;
  /** When it held them. */
  readonly at: Date;
}

export type Taken =
  | { readonly granted: number; readonly bucket: TokenBucket }
  | { readonly granted: 0; readonly bucket: TokenBucket; readonly retryAfterSeconds: number };

/**
 * Takes up to `wanted` whole tokens out of a bucket that `perMinute` fill; one that was never used is full. A clock that lags
 * behind the bucket's brings none.
 */
export const take = (
  before: TokenBucket | undefined,
  { perMinute, wanted, at }: { readonly perMinute: number; readonly wanted: number; readonly at: Date },
): Taken => {
  const now = before && before.at > at ? before.at : at;
  const came = before ? ((now.getTime() - before.at.getTime()) / 60_000) * perMinute : perMinute;
  const held = Math.min(perMinute, (before?.tokens ?? 0) + came);
  const granted = Math.min(wanted, Math.floor(held));
  const bucket = { tokens: held - granted, at: now };
  if (granted > 0) return { granted, bucket };
  return { granted: 0, bucket, retryAfterSeconds: Math.max(1, Math.ceil(((1 - held) * 60) / perMinute)) };
};
