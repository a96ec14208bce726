import { doneStateOf, doneStates, eventName, type JobKind, type JobState, type Moment, onlyReads, workingStateOf } from './job-kind.ts';
import {
  type Cause,
  hasEnded,
  isWorking,
  type Job,
  type JobError,
  type JobEvent,
  type JobModule,
  onlyGoesForward,
  type ReportPeriod,
  type RestorePoint,
  type Waiting,
} from './job-state.ts';

export {
  isAboutModules,
  type JobKind,
  type JobState,
  jobKinds,
  type ModuleJobKind,
  onlyReads,
  type TenantJobKind,
} from './job-kind.ts';
export * from './job-state.ts';

/**
 * A job: one change asked for a tenant, from request to end. Its states are the workflow's; a tenant module has its own
 * (tenant-module.ts). Every change of state is one event, numbered without gaps, that the trail keeps.
 */

// ---- decisions

/** Facts that a decision may need from outside: the time, and how long a lease lasts. */
export interface Timing {
  readonly at: Date;
  readonly leaseSeconds: number;
}

/** An execution that was asked for begins at once; one that has not after this long was never started. */
const pendingSecondsMax = 30;

const leaseFrom = ({ at, leaseSeconds }: Timing, to: JobState): Date =>
  new Date(at.getTime() + (to === 'Pending' ? Math.min(pendingSecondsMax, leaseSeconds) : leaseSeconds) * 1000);

/** One event that moves the job to `to`; the decisions that persons make are in job-by-hand.ts. */
export const moved = (job: Job, moment: Moment, to: JobState, timing: Timing, more: Partial<JobEvent> = {}): readonly JobEvent[] => [
  {
    name: eventName(job.kind, moment),
    at: timing.at,
    from: job.state,
    to,
    attempt: job.attempt,
    fence: job.fence,
    ...(hasEnded({ state: to }) ? {} : { leaseUntil: leaseFrom(timing, to) }),
    ...(hasEnded(job) || more.from === null ? {} : { stepDurationsMs: durationsUntil(job, timing.at) }),
    actor: 'system',
    ...more,
  },
];

/** Steps follow one another, so each took from the end of the one before it to its own. */
const durationsUntil = ({ state, updatedAt, stepEnds }: Job, at: Date): Readonly<Record<string, number>> => {
  const ended = Object.entries(stepEnds).toSorted(([, a], [, b]) => a.getTime() - b.getTime());
  let since = updatedAt.getTime();
  const took = [...ended, [state, at] as const].map(([step, end]) => {
    const duration = Math.max(0, end.getTime() - since);
    since = end.getTime();
    return [step, duration] as const;
  });
  return Object.fromEntries(took);
};

export interface JobRequest {
  readonly id: string;
  readonly kind: JobKind;
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly modules: readonly Omit<JobModule, 'progress'>[];
  readonly requested: readonly string[];
  readonly report?: ReportPeriod;
  readonly fence: number;
  readonly requestedBy: string;
  readonly attemptsMax: number;
}

/** A new job, Pending, and the event that says so. */
export const requestJob = (request: JobRequest, timing: Timing): { readonly job: Job; readonly events: readonly JobEvent[] } => {
  const { modules, ...facts } = request;
  const blank: Job = {
    ...facts,
    modules: modules.map((module) => ({ ...module, progress: { applied: 0, total: 0 } })),
    state: 'Pending',
    attempt: 1,
    attemptsLeft: request.attemptsMax - 1,
    sequence: 0,
    stepEnds: {},
    createdAt: timing.at,
    updatedAt: timing.at,
  };
  const events = moved(blank, 'Pending', 'Pending', timing, { from: null, actor: request.requestedBy });
  return { job: events.reduce(evolve, blank), events };
};

/** Pending → Validating. Silent where the job is further already. */
export const beginValidating = (job: Job, timing: Timing): readonly JobEvent[] =>
  job.state === 'Pending' ? moved(job, 'Validating', 'Validating', timing) : [];

/** A job waits this long for what is briefly absent, then it fails. */
const waitHoursMax = 24;

/** Something that validation needs is absent for now. Silent where the job waits for it already; it fails after a day. */
export const wait = (job: Job, { nextTryAt, ...what }: Omit<Waiting, 'since'>, timing: Timing): readonly JobEvent[] => {
  if (job.state !== 'Validating') return [];
  const since = job.waiting?.since ?? timing.at;
  const error = { name: 'Unavailable', message: `${what.message}; gave up after ${waitHoursMax} hours` };
  if (timing.at.getTime() - since.getTime() >= waitHoursMax * 3_600_000) return fail(job, { reason: what.reason, error }, timing);
  if (job.waiting) return [];
  return moved(job, 'Waiting', 'Validating', timing, {
    reason: what.reason,
    waiting: { ...what, since, nextTryAt },
    leaseUntil: leaseFrom({ ...timing, at: nextTryAt }, 'Validating'),
  });
};

/** Validating → Installing, Upgrading … Silent where the job is further already. `place` is where the tenant's data lies. */
export const beginWork = (job: Job, timing: Timing, place?: Omit<RestorePoint, 'at'>): readonly JobEvent[] => {
  if (job.state !== 'Validating') return [];
  const point = place === undefined || job.restorePoint ? {} : { restorePoint: { ...place, at: timing.at } };
  return moved(job, 'Working', workingStateOf(job.kind), timing, point);
};

/** The work is done. Silent where it was done before. */
export const complete = (job: Job, timing: Timing): readonly JobEvent[] =>
  isWorking(job) ? moved(job, 'Done', doneStateOf(job.kind), timing) : [];

/** What was begun must be undone. Silent where undoing has begun, the job has ended, or it cannot be undone. */
export const beginRollback = (job: Job, cause: Cause, timing: Timing): readonly JobEvent[] =>
  isWorking(job) && canBeUndone(job) ? moved(job, 'RollingBack', 'RollingBack', timing, cause) : [];

const canBeUndone = (job: Job): boolean => !onlyGoesForward(job) && !onlyReads(job.kind);

/** Work was committed that cannot be undone, and the job was about to undo it: it goes on instead. Silent where it does already. */
export const turnForward = (job: Job, timing: Timing): readonly JobEvent[] => {
  if (job.forwardOnly === true || onlyReads(job.kind) || !(job.state === 'RollingBack' || isWorking(job))) return [];
  return moved(job, 'TurnedForward', workingStateOf(job.kind), timing, { reason: 'past-point-of-no-return', forwardOnly: true });
};

/** Validation said no, or could not be done. Silent once something may have been changed: that has to be undone. */
export const refuse = (job: Job, cause: Cause, timing: Timing): readonly JobEvent[] =>
  job.state === 'RollingBack' ? [] : fail(job, cause, timing);

/** Nothing of the job is left: refused before anything was changed, or rolled back, because it failed or somebody cancelled it. */
export const fail = (job: Job, cause: Cause, timing: Timing): readonly JobEvent[] => {
  const early = job.state === 'Pending' || job.state === 'Validating';
  if (!early && job.state !== 'RollingBack' && !(isWorking(job) && onlyReads(job.kind))) return [];
  const end = job.undoneFor?.reason === cancelled ? 'Cancelled' : 'Failed';
  return moved(job, end, end, timing, { ...causeOf(job), ...cause });
};

/** The reason of a job that a person has called off. */
export const cancelled = 'cancelled';

/** Undoing kept failing, or work that only goes forward did: an operator must decide. Silent anywhere else. */
export const needIntervention = (job: Job, error: JobError, timing: Timing): readonly JobEvent[] => {
  const stuck = job.state === 'RollingBack' ? 'rollback-failed' : 'step-failed';
  if (job.state !== 'RollingBack' && !(onlyGoesForward(job) && isWorking(job))) return [];
  return moved(job, 'ManualIntervention', 'ManualIntervention', timing, { reason: stuck, error });
};

/**
 * The reconciler's decision about an open job that nobody works on: the next attempt in the direction it had, or, after the
 * last, an end. A job that was not changing anything fails; one that was is rolled back, with attempts of its own.
 */
export const takeOver = (job: Job, facts: { readonly fence: number }, timing: Timing): readonly JobEvent[] => {
  if (hasEnded(job)) return [];
  const next = { attempt: job.attempt + 1, fence: facts.fence, reason: 'attempt-lost' };
  if (job.attemptsLeft > 0) return moved(job, 'Resumed', job.state, timing, next);
  if (isWorking(job) && canBeUndone(job))
    return moved(job, 'RollingBack', 'RollingBack', timing, { ...next, reason: 'attempts-exhausted' });
  if (job.state === 'RollingBack' || (isWorking(job) && !onlyReads(job.kind)))
    return needIntervention(job, { name: 'AttemptsExhausted', message: 'the work was interrupted as often as it may be' }, timing);
  return fail(job, { reason: 'attempts-exhausted' }, timing);
};

// ---- evolution

/** The job after `event`. The attempts are renewed where a new direction begins. */
export const evolve = (job: Job, event: JobEvent): Job => {
  const { reason: _reason, error: _error, undoneFor: _undone, leaseUntil: _lease, waiting: _waiting, ...kept } = job;
  return {
    ...kept,
    state: event.to,
    attempt: event.attempt,
    fence: event.fence,
    sequence: job.sequence + 1,
    stepEnds: {},
    updatedAt: event.at,
    ...(event.leaseUntil ? { leaseUntil: event.leaseUntil } : {}),
    ...waitingAfter(job, event),
    ...(event.restorePoint ? { restorePoint: event.restorePoint } : {}),
    ...(event.forwardOnly ? { forwardOnly: event.forwardOnly } : {}),
    ...withCause(job, event),
    attemptsLeft: attemptsLeftAfter(job, event),
  };
};

/** Another attempt waits on: for the same thing, and since the same time. */
const waitingAfter = (job: Job, event: JobEvent): Pick<Job, 'waiting'> => {
  const waiting = event.waiting ?? (event.to === job.state ? job.waiting : undefined);
  return waiting ? { waiting } : {};
};

const attemptsLeftAfter = (job: Job, event: JobEvent): number => {
  const turns = (event.to === 'RollingBack' && job.state !== 'RollingBack') || event.forwardOnly === true || hasEnded(job);
  if (turns) return job.attemptsMax - 1;
  return event.attempt > job.attempt ? job.attemptsLeft - 1 : job.attemptsLeft;
};

/** Why a job is rolling back stays with it to its end; a new beginning forgets it. */
const withCause = (job: Job, event: JobEvent): Pick<Job, 'reason' | 'error' | 'undoneFor'> => {
  if (event.to === 'Pending' || event.forwardOnly === true || doneStates.has(event.to)) return {};
  const undoneFor = event.to === 'RollingBack' && job.state !== 'RollingBack' ? (job.undoneFor ?? causeOf(event)) : job.undoneFor;
  const kept = undoneFor === undefined ? {} : { undoneFor };
  if (event.to === job.state) return { ...causeOf(job), ...kept };
  if (event.from === 'ManualIntervention') return { ...undoneFor, ...kept };
  return { ...causeOf(job), ...causeOf(event), ...kept };
};

const causeOf = ({ reason, error }: Cause): Cause => ({
  ...(reason === undefined ? {} : { reason }),
  ...(error === undefined ? {} : { error }),
});
