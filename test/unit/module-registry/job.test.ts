import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fenceOf, revisionOf } from '../../../contexts/module-registry/domain/fence.ts';
import * as decisions from '../../../contexts/module-registry/domain/job.ts';
import { type Job, type JobEvent, type JobKind, jobKinds } from '../../../contexts/module-registry/domain/job.ts';
import { cancel, retry, settle } from '../../../contexts/module-registry/domain/job-by-hand.ts';
import { tenantModuleAfter } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { archiveDays } from '../../support/module-job.ts';
import {
  aJob,
  completed,
  error,
  evolved,
  failed,
  nextTryAt,
  rollingBack,
  stuck,
  takenOver,
  through,
  timing,
  turned,
  validating,
  waiting,
  working,
} from './a-job.ts';

const said = (decision: readonly JobEvent[] | { readonly reason: string }): readonly JobEvent[] => ('reason' in decision ? [] : decision);
const retried = (job: Job) => said(retry(job, { fence: job.fence + 1, actor: 'ada' }, timing));
const cancelled = (job: Job) => said(cancel(job, { fence: job.fence + 1, actor: 'ada' }, timing));
const settled = (job: Job) => said(settle(job, { as: 'undone', actor: 'ada' }, timing));
const own = { validating, waiting, working, completed, rollingBack, turned, failed, stuck, takenOver };
const all = { ...own, retried, cancelled, settled };

describe('An install job', () => {
  test('begins Pending, with one event by the person who asked, and a short lease', () => {
    const job = aJob();
    expect([job.state, job.sequence, job.attempt, job.attemptsLeft]).toEqual(['Pending', 1, 1, 2]);
    expect(job.leaseUntil).toEqual(new Date(timing.at.getTime() + 30_000));
  });

  test.each(['install', 'provision'] as const)('of kind %s goes through Validating and its work to its end', (kind) => {
    const job = through(aJob(kind), validating, working, completed);
    expect(job.state).toBe(kind === 'install' ? 'Active' : 'Provisioned');
    expect(job.leaseUntil).toBeUndefined();
  });

  test('keeps why it rolled back to its end', () => {
    const job = through(aJob(), validating, working, rollingBack, failed);
    expect([job.state, job.reason, job.error]).toEqual(['Failed', 'step-failed', error]);
  });

  test('refused while validating fails with the refusal’s reason', () => {
    const job = through(aJob(), validating, (at) => decisions.fail(at, { reason: 'subscription-required' }, timing));
    expect([job.state, job.reason]).toEqual(['Failed', 'subscription-required']);
  });

  test('refused by a validation that came back to it while it rolls back is still to be undone', () => {
    const job = through(aJob(), validating, working, rollingBack);
    expect(decisions.refuse(job, { reason: 'validation-failed' }, timing)).toEqual([]);
  });

  test('taken over goes on in its direction with a new attempt and fence, as often as it may', () => {
    const once = through(aJob(), validating, working, takenOver);
    expect([once.state, once.attempt, once.fence, once.attemptsLeft]).toEqual(['Installing', 2, 3, 1]);
  });

  test('that kept being lost while installing rolls back, with attempts of its own', () => {
    const job = through(aJob(), validating, working, takenOver, takenOver, takenOver);
    expect([job.state, job.attempt, job.attemptsLeft, job.reason]).toEqual(['RollingBack', 4, 2, 'attempts-exhausted']);
  });

  test('that kept being lost before it changed anything fails', () => {
    const job = through(aJob(), takenOver, takenOver, takenOver);
    expect([job.state, job.reason]).toEqual(['Failed', 'attempts-exhausted']);
  });

  test('whose rollback kept being lost needs intervention', () => {
    const job = through(aJob(), validating, working, rollingBack, takenOver, takenOver, takenOver);
    expect([job.state, job.error?.name]).toEqual(['ManualIntervention', 'AttemptsExhausted']);
  });
});

describe('A job that waits', () => {
  const job = through(aJob('upgrade'), validating, waiting);

  test('stays in Validating, says for what and when it looks again, and is not taken over before', () => {
    expect(waiting(through(aJob('upgrade'), validating))).toMatchObject([{ name: 'ModuleUpgradeWaiting', to: 'Validating' }]);
    expect(job).toMatchObject({
      state: 'Validating',
      waiting: { reason: 'subscription-unavailable', message: 'nobody can say who has subscribed', since: timing.at, nextTryAt },
      leaseUntil: new Date(nextTryAt.getTime() + 120_000),
    });
  });

  test('says so once, and only where it validates', () => {
    for (const other of [job, aJob(), through(aJob(), validating, working)]) expect(waiting(other)).toEqual([]);
  });

  test('waits for nothing any more once it works', () => {
    expect(through(job, working)).toMatchObject({ state: 'Upgrading' });
    expect(through(job, working)).not.toHaveProperty('waiting');
  });

  test('waits on, since the same time, as the next attempt', () => {
    expect(through(job, takenOver)).toMatchObject({ state: 'Validating', attempt: 2, waiting: { since: timing.at, nextTryAt } });
  });

  test.each([
    [24 * 3600 - 1, 'Validating'],
    [24 * 3600, 'Failed'],
  ] as const)('after %i s is %s', (seconds, state) => {
    const at = new Date(timing.at.getTime() + seconds * 1000);
    const later = evolved(
      job,
      decisions.wait(job, { reason: 'subscription-unavailable', message: 'still absent', nextTryAt: at }, { ...timing, at }),
    );
    expect(later.state).toBe(state);
    if (state === 'Failed')
      expect(later).toMatchObject({
        reason: 'subscription-unavailable',
        error: { name: 'Unavailable', message: 'still absent; gave up after 24 hours' },
      });
  });
});

describe('A job that has committed what cannot be undone', () => {
  const rolling = through(aJob('upgrade'), validating, working, rollingBack);

  test.each([
    ['is about to undo', rolling],
    ['still works', through(aJob('upgrade'), validating, working)],
  ])('goes on instead where it %s, with fresh attempts, and forgets why', (_, before) => {
    expect(turned(before)).toMatchObject([{ name: 'ModuleUpgradeTurnedForward', to: 'Upgrading', reason: 'past-point-of-no-return' }]);
    const job = through({ ...before, attemptsLeft: 0 }, turned);
    expect(job).toMatchObject({ state: 'Upgrading', forwardOnly: true, attemptsLeft: 2 });
    expect([job.reason, job.error, job.undoneFor]).toEqual([undefined, undefined, undefined]);
  });

  test('is turned round once, and only where it works or undoes', () => {
    const others = [aJob(), through(aJob(), validating), through(aJob(), validating, working, completed), through(aJob(), failed)];
    for (const job of [...others, through(rolling, turned)]) expect(turned(job)).toEqual([]);
  });

  test('is never undone: what keeps failing, or is lost as often as it may be, needs a person', () => {
    const forward = through(rolling, turned);
    expect(rollingBack(forward)).toEqual([]);
    expect(through(forward, stuck)).toMatchObject({ state: 'ManualIntervention', reason: 'step-failed', error });
    expect(through(forward, takenOver, takenOver, takenOver)).toMatchObject({ state: 'ManualIntervention', forwardOnly: true });
  });
});

describe('The fence of a job', () => {
  test('is higher for undoing than for the work it undoes, and higher still for going on after all', () => {
    const job = through(aJob('upgrade'), validating, working);
    const fences = [job, through(job, rollingBack), through(job, rollingBack, failed), through(job, rollingBack, turned)].map(fenceOf);
    expect(fences).toEqual([8, 9, 9, 10]);
    expect(fences.map(revisionOf)).toEqual([2, 2, 2, 2]);
  });

  test('of a next attempt is higher than all of those', () => {
    const job = through(aJob('upgrade'), validating, working, rollingBack, turned);
    expect(fenceOf(through(job, takenOver))).toBe(14);
  });
});

describe('Whatever happens to a job', () => {
  const anyPath = fc.array(fc.constantFrom(...(Object.keys(all) as (keyof typeof all)[])), { maxLength: 25 });
  const anyKind = fc.constantFrom<JobKind>(...jobKinds);

  test('a decision repeated on its own result says nothing new', () => {
    fc.assert(
      fc.property(
        anyKind,
        anyPath,
        fc.constantFrom(
          ...(['validating', 'waiting', 'working', 'completed', 'rollingBack', 'turned', 'failed', 'stuck', 'settled'] as const),
        ),
        (kind, path, name) => {
          const job = through(aJob(kind), ...path.map((step) => all[step]));
          expect(all[name](evolved(job, all[name](job)))).toEqual([]);
        },
      ),
    );
  });

  test('an end is left by persons only, and the sequence counts every event', () => {
    fc.assert(
      fc.property(anyKind, anyPath, (kind, path) => {
        let job = aJob(kind);
        for (const name of path) {
          const events = all[name](job);
          if (decisions.hasEnded(job) && name in own) expect(events).toEqual([]);
          const next = evolved(job, events);
          expect(next.sequence).toBe(job.sequence + events.length);
          expect(next.fence).toBeGreaterThanOrEqual(job.fence);
          job = next;
        }
      }),
    );
  });

  test('what it does next has no lower fence than what it did before, and a higher one where it turns round', () => {
    fc.assert(
      fc.property(anyKind, anyPath, (kind, path) => {
        let job = aJob(kind);
        for (const name of path) {
          const next = evolved(job, all[name](job));
          if (!decisions.hasEnded(next)) expect(fenceOf(next)).toBeGreaterThanOrEqual(fenceOf(job));
          const turns = (next.state === 'RollingBack') !== (job.state === 'RollingBack') && !decisions.hasEnded(next);
          if (turns) expect(fenceOf(next)).toBeGreaterThan(fenceOf(job));
          job = next;
        }
      }),
    );
  });

  test('what only goes forward is never undone, failed nor called off', () => {
    fc.assert(
      fc.property(anyKind, anyPath, (kind, path) => {
        let job = aJob(kind);
        for (const name of path) {
          const next = evolved(job, all[name](job));
          if (job.forwardOnly === true) expect(['RollingBack', 'Failed', 'Cancelled', 'Pending', 'Validating']).not.toContain(next.state);
          job = next;
        }
      }),
    );
  });

  test('being lost again and again ends it', () => {
    fc.assert(
      fc.property(anyKind, anyPath, (kind, path) => {
        const job = through(aJob(kind), ...path.map((step) => all[step]), ...Array.from({ length: 8 }, () => takenOver));
        expect(decisions.hasEnded(job)).toBe(true);
      }),
    );
  });

  test('its tenant module is Active, absent or in need of a person exactly when the job ended that way', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const job = through(aJob(), ...path.map((step) => all[step]));
        const [change] = job.modules;
        if (!change) throw new Error('the job has a module');
        const expected =
          { Active: 'Active', Failed: undefined, ManualIntervention: 'ManualIntervention' }[job.state as string] ??
          (decisions.hasEnded(job) ? undefined : 'Changing');
        expect(tenantModuleAfter(job, change, undefined, { archiveDays })?.status).toBe(expected);
      }),
    );
  });
});
