import type { Job } from './job-state.ts';

/** Tokens of one fence: for the work, for undoing it, and for going on after all. */
const tokensEach = 4;

/**
 * The token of what the job does now. Undoing has a higher one than the work of the same attempt, and going on after all a
 * higher one still: what is under way of the direction before changes nothing any more.
 */
export const fenceOf = ({ fence, state, forwardOnly }: Pick<Job, 'fence' | 'state' | 'forwardOnly'>): number => {
  if (state === 'RollingBack' || state === 'Failed') return tokensEach * fence + 1;
  return tokensEach * fence + (forwardOnly === true ? 2 : 0);
};

/** The tenant's revision that a token in its database goes back to: the registry cannot be at a lower one, unless it was taken back. */
export const revisionOf = (token: number): number => Math.floor(token / tokensEach);
