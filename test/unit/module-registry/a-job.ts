import * as decisions from '../../../contexts/module-registry/domain/job.ts';
import {
  isAboutModules,
  type Job,
  type JobEvent,
  type JobKind,
  requestJob,
  type Timing,
} from '../../../contexts/module-registry/domain/job.ts';
import { aChange, jobId } from '../../support/module-job.ts';

export const timing: Timing = { at: new Date('2026-01-01T00:00:00Z'), leaseSeconds: 120 };
export const error = { name: 'Defect', message: 'it broke' };

/** A job of any kind, just asked for; about finance, if about modules. */
export const aJob = (kind: JobKind = 'install'): Job =>
  requestJob(
    {
      id: jobId,
      kind,
      tenantId: 't',
      tenantSlug: 'acme',
      modules: isAboutModules(kind) ? [aChange(kind)] : [],
      requested: isAboutModules(kind) ? ['finance'] : [],
      fence: 2,
      requestedBy: 'ada',
      attemptsMax: 3,
    },
    timing,
  ).job;

export const evolved = (job: Job, events: readonly JobEvent[]): Job => events.reduce(decisions.evolve, job);
export const through = (job: Job, ...steps: readonly ((job: Job) => readonly JobEvent[])[]): Job =>
  steps.reduce((at, step) => evolved(at, step(at)), job);

export const nextTryAt = new Date(timing.at.getTime() + 60_000);
const absent = { reason: 'subscription-unavailable', message: 'nobody can say who has subscribed', nextTryAt };

export const validating = (job: Job) => decisions.beginValidating(job, timing);
export const waiting = (job: Job) => decisions.wait(job, absent, timing);
export const working = (job: Job) => decisions.beginWork(job, timing);
export const completed = (job: Job) => decisions.complete(job, timing);
export const rollingBack = (job: Job) => decisions.beginRollback(job, { reason: 'step-failed', error }, timing);
export const turned = (job: Job) => decisions.turnForward(job, timing);
export const failed = (job: Job) => decisions.fail(job, {}, timing);
export const stuck = (job: Job) => decisions.needIntervention(job, error, timing);
export const takenOver = (job: Job) => decisions.takeOver(job, { fence: job.fence + 1 }, timing);
