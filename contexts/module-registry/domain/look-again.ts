/** What a wait may add to the time for which was waited already: a twentieth of it. */
const growth = 1 / 20;
const secondsMax = 300;

export interface Waited {
  readonly secondsWaited: number;
  /** What the absent one asks for. */
  readonly retryAfterSeconds: number;
}

/**
 * In how many seconds a job looks again for what is absent: rarer the longer it waits, so that what comes back soon is seen soon,
 * and a day of waiting fits into one execution, which Step Functions ends at 25,000 events of its history.
 */
export const lookAgainSeconds = ({ secondsWaited, retryAfterSeconds }: Waited): number =>
  Math.min(secondsMax, Math.max(1, Math.ceil(retryAfterSeconds), Math.ceil(secondsWaited * growth)));
