/**
 * A circuit breaker: it keeps callers away from a service that has failed several times in a row, and lets one of them try
 * again after a while. Decisions are pure; whoever stores a breaker does so on condition that nobody else has changed it.
 */

// ---- state

type BreakerState =
  | { readonly status: 'closed'; readonly failures: number }
  /** Nobody is let through. */
  | { readonly status: 'open'; readonly since: Date }
  /** One caller is trying. */
  | { readonly status: 'trial'; readonly since: Date };

export type Breaker = BreakerState & {
  /** Raised whenever the breaker opens, closes or begins a trial: what a call tells counts only in the generation that admitted it. */
  readonly generation: number;
  /** Raised with each change. */
  readonly revision: number;
};

/** Of a service that was never asked. */
export const closedBreaker: Breaker = { status: 'closed', failures: 0, generation: 0, revision: 0 };

export const failuresMax = 5;
/** How long nobody is let through, and how long a trial may take before another one is begun. */
export const openSeconds = 60;

const become = (before: Breaker, state: BreakerState): Breaker => ({
  ...state,
  generation: before.generation + (before.status === 'closed' && state.status === 'closed' ? 0 : 1),
  revision: before.revision + 1,
});

// ---- decisions

/** `breaker` is as it must stand before the call is made: another one than was read has to be stored first. */
export type Admission =
  | { readonly admitted: true; readonly breaker: Breaker }
  | { readonly admitted: false; readonly retryAfterSeconds: number };

/** Whether a call may be made now. */
export const admit = (breaker: Breaker, at: Date): Admission => {
  if (breaker.status === 'closed') return { admitted: true, breaker };
  const wait = openSeconds - (at.getTime() - breaker.since.getTime()) / 1000;
  if (wait > 0) return { admitted: false, retryAfterSeconds: Math.min(openSeconds, Math.ceil(wait)) };
  // a trial that nobody heard of again gives way to the next one, and its late answer counts no more
  return { admitted: true, breaker: become(breaker, { status: 'trial', since: at }) };
};

/** After a call of `generation` was answered. Nothing new (`undefined`) where no failure was counted, or others have decided since. */
export const afterSuccess = (breaker: Breaker, generation: number): Breaker | undefined => {
  if (breaker.generation !== generation || breaker.status === 'open') return undefined;
  if (breaker.status === 'closed' && breaker.failures === 0) return undefined;
  return become(breaker, { status: 'closed', failures: 0 });
};

/** After a call of `generation` failed. Nothing new where others have decided since. */
export const afterFailure = (breaker: Breaker, generation: number, at: Date): Breaker | undefined => {
  if (breaker.generation !== generation || breaker.status === 'open') return undefined;
  const failures = breaker.status === 'closed' ? breaker.failures + 1 : failuresMax;
  return become(breaker, failures < failuresMax ? { status: 'closed', failures } : { status: 'open', since: at });
};
