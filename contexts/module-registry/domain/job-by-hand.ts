import type { Refusal } from '../../shared/domain/errors.ts';
import {
  cancelled,
  hasEnded,
  isAboutModules,
  isWorking,
  type Job,
  type JobEvent,
  moved,
  onlyGoesForward,
  onlyReads,
  type Timing,
} from './job.ts';
import { doneStateOf, type JobState, startsOver, workingStateOf } from './job-kind.ts';

/** What persons decide about a job: to call it off, to try it again, or to say that it was put right by hand. */

/** What a person who decides about a job says: who it is, and the fence of the attempt that follows. */
export interface Decision {
  readonly fence: number;
  readonly actor: string;
}

/** A person calls a job off: one that has begun is rolled back. Silent where it is being rolled back already. */
export const cancel = (job: Job, { fence, actor }: Decision, timing: Timing): readonly JobEvent[] | Refusal => {
  const next = { attempt: job.attempt + 1, fence, actor, reason: cancelled };
  if (job.state === 'RollingBack') return [];
  if (onlyReads(job.kind)) return notCancellable(job, 'it only reads, and ends by itself');
  if (!isAboutModules(job.kind)) return notCancellable(job, 'a change of a tenant as a whole cannot be called off');
  if (hasEnded(job)) return notCancellable(job, `it is ${job.state}: only an open job can be called off`);
  if (!isWorking(job)) return moved(job, 'Cancelled', 'Cancelled', timing, next);
  if (onlyGoesForward(job)) return notCancellable(job, 'it has committed what cannot be undone, and is being finished');
  return moved(job, 'RollingBack', 'RollingBack', timing, next);
};

const notCancellable = ({ id, state, kind }: Job, because: string): Refusal => ({
  kind: 'conflict',
  reason: 'not-cancellable',
  message: `job ${id} cannot be cancelled: ${because}`,
  facts: { state, kind },
});

/** A person has put things right by hand, and says how they stand now: as before the job, or as the job was to leave them. */
export const settle = (
  job: Job,
  { as, actor }: { readonly as: 'undone' | 'done'; readonly actor: string },
  timing: Timing,
): readonly JobEvent[] | Refusal => {
  const facts = { state: job.state, kind: job.kind };
  if (job.state !== 'ManualIntervention')
    return {
      kind: 'conflict',
      reason: 'not-in-intervention',
      message: `job ${job.id} is ${job.state}; only a job in ManualIntervention is settled by hand`,
      facts,
    };
  if (as === 'undone' && onlyGoesForward(job))
    return {
      kind: 'conflict',
      reason: 'past-point-of-no-return',
      message: `job ${job.id} has committed what cannot be undone; retry it, or finish it by hand and settle it as done`,
      facts,
    };
  const to = as === 'done' ? doneStateOf(job.kind) : 'Failed';
  return moved(job, 'Resolved', to, timing, { actor, reason: 'settled-by-hand' });
};

/** A person asks again: a failed job starts over, one that needs intervention goes on in the direction it had. */
export const retry = (job: Job, facts: Decision, timing: Timing): readonly JobEvent[] | Refusal => {
  const again = { attempt: job.attempt + 1, fence: facts.fence, actor: facts.actor };
  if (job.state === 'Failed' && startsOver(job.kind)) return moved(job, 'Retried', 'Pending', timing, again);
  if (job.state === 'ManualIntervention') return moved(job, 'Retried', directionOf(job), timing, again);
  if (job.state === 'Failed')
    return {
      kind: 'conflict',
      reason: 'not-retryable',
      message: `job ${job.id} (${job.kind}) has failed and left everything as it was; ask for it anew`,
      facts: { state: job.state, kind: job.kind },
    };
  return {
    kind: 'conflict',
    reason: 'not-retryable',
    message: `job ${job.id} is ${job.state}; only a job that is Failed or in ManualIntervention can be retried`,
    facts: { state: job.state },
  };
};

/** What has committed something for ever is not validated again: nothing may refuse it any more. */
const directionOf = (job: Job): JobState => {
  if (job.forwardOnly === true) return workingStateOf(job.kind);
  return onlyGoesForward(job) ? 'Pending' : 'RollingBack';
};
