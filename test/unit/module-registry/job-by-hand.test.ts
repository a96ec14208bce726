import { describe, expect, test } from '@jest/globals';
import { type Job, type JobEvent, moved } from '../../../contexts/module-registry/domain/job.ts';
import { cancel, retry, settle } from '../../../contexts/module-registry/domain/job-by-hand.ts';
import type { Refusal } from '../../../contexts/shared/domain/errors.ts';
import { aJob, completed, error, evolved, failed, rollingBack, stuck, through, timing, turned, validating, working } from './a-job.ts';

const ada = { fence: 9, actor: 'ada' };
const decided = (job: Job, said: readonly JobEvent[] | Refusal): Job => {
  if ('reason' in said) throw new Error(said.message);
  return evolved(job, said);
};

describe('Calling a job off', () => {
  test.each([
    ['Pending', aJob('upgrade')],
    ['Validating', through(aJob('upgrade'), validating)],
  ])('ends it Cancelled at once while it is %s, and nothing was begun', (_, job) => {
    const said = cancel(job, ada, timing);
    expect(said).toMatchObject([{ name: 'ModuleUpgradeCancelled', actor: 'ada', reason: 'cancelled' }]);
    expect(decided(job, said)).toMatchObject({ state: 'Cancelled', attempt: 2, fence: 9, reason: 'cancelled' });
    expect(decided(job, said).leaseUntil).toBeUndefined();
  });

  test('rolls back, as another attempt, what was begun; and it ends Cancelled', () => {
    const job = through(aJob('upgrade'), validating, working);
    const rolling = decided(job, cancel(job, ada, timing));
    expect(rolling).toMatchObject({ state: 'RollingBack', attempt: 2, fence: 9, attemptsLeft: 2, reason: 'cancelled' });
    expect(through(rolling, failed)).toMatchObject({ state: 'Cancelled', reason: 'cancelled' });
  });

  test('ends Cancelled also where the rollback needed a person', () => {
    const job = through(aJob(), validating, working);
    const needy = through(decided(job, cancel(job, ada, timing)), stuck);
    expect(needy).toMatchObject({ state: 'ManualIntervention', reason: 'rollback-failed' });
    expect(through(decided(needy, retry(needy, ada, timing)), failed)).toMatchObject({ state: 'Cancelled', reason: 'cancelled' });
  });

  test('is silent while it is rolled back already, and does not change why', () => {
    const job = through(aJob(), validating, working, rollingBack);
    expect(cancel(job, ada, timing)).toEqual([]);
    expect(through(job, failed)).toMatchObject({ state: 'Failed', reason: 'step-failed' });
  });

  test.each([
    ['done', through(aJob(), validating, working, completed)],
    ['failed', through(aJob(), failed)],
    ['called off before', decided(aJob(), cancel(aJob(), ada, timing))],
    ['in need of a person', through(aJob(), validating, working, rollingBack, stuck)],
    ['past the point of no return', through(aJob('upgrade'), validating, working, rollingBack, turned)],
    ['purging', through(aJob('purge'), validating, working)],
    ['about the tenant as a whole', aJob('provision')],
  ])('is refused where the job is %s', (_, job) => {
    expect(cancel(job, ada, timing)).toMatchObject({ kind: 'conflict', reason: 'not-cancellable' });
  });
});

describe('Settling a job by hand', () => {
  const needy = through(aJob('upgrade'), validating, working, rollingBack, stuck);

  test.each([
    ['undone', 'Failed'],
    ['done', 'Active'],
  ] as const)('as %s ends it %s, and says who said so', (as, state) => {
    const said = settle(needy, { as, actor: 'ada' }, timing);
    expect(said).toMatchObject([{ name: 'ModuleUpgradeResolved', to: state, actor: 'ada', reason: 'settled-by-hand' }]);
    expect(decided(needy, said)).toMatchObject({ state, attempt: needy.attempt, fence: needy.fence });
  });

  test('as undone keeps why it had to be undone; as done forgets it', () => {
    expect(decided(needy, settle(needy, { as: 'undone', actor: 'ada' }, timing))).toMatchObject({ reason: 'step-failed', error });
    expect(decided(needy, settle(needy, { as: 'done', actor: 'ada' }, timing))).not.toHaveProperty('error');
  });

  test('as undone is refused once something was committed that cannot be undone; as done it is not', () => {
    const forward = through(aJob('upgrade'), validating, working, rollingBack, turned, stuck);
    expect(settle(forward, { as: 'undone', actor: 'ada' }, timing)).toMatchObject({ reason: 'past-point-of-no-return' });
    expect(decided(forward, settle(forward, { as: 'done', actor: 'ada' }, timing)).state).toBe('Active');
  });

  test.each([aJob(), through(aJob(), validating), through(aJob(), validating, working, completed), through(aJob(), failed)])(
    'is refused where no person is needed',
    (job) => {
      expect(settle(job, { as: 'done', actor: 'ada' }, timing)).toMatchObject({ kind: 'conflict', reason: 'not-in-intervention' });
    },
  );
});

describe('Trying a job again', () => {
  test('that failed starts over with fresh attempts and no old reason', () => {
    const before = through(aJob(), validating, working, rollingBack, failed);
    const job = decided(before, retry(before, ada, timing));
    expect(job).toMatchObject({ state: 'Pending', attempt: 2, fence: 9, attemptsLeft: 2 });
    expect([job.reason, job.error, job.undoneFor]).toEqual([undefined, undefined, undefined]);
  });

  test('that needs a person undoes again', () => {
    const before = through(aJob(), validating, working, rollingBack, stuck);
    const job = decided(before, retry(before, ada, timing));
    expect([job.state, job.attempt, job.attemptsLeft]).toEqual(['RollingBack', 2, 2]);
  });

  test('that can only be finished goes on with its work, with fresh attempts: no check may refuse it any more', () => {
    const before = through(aJob('upgrade'), validating, working, rollingBack, turned, stuck);
    const job = decided({ ...before, attemptsLeft: 0 }, retry(before, ada, timing));
    expect(job).toMatchObject({ state: 'Upgrading', attempt: 2, fence: 9, attemptsLeft: 2, forwardOnly: true });
  });

  test('that is called off, done, or runs is refused', () => {
    const over = evolved(aJob(), moved(aJob(), 'Cancelled', 'Cancelled', timing));
    for (const job of [over, aJob(), through(aJob(), validating, working, completed)])
      expect(retry(job, ada, timing)).toMatchObject({ kind: 'conflict', reason: 'not-retryable' });
  });

  test.each(['deprovision', 'restore-tenant', 'purge-tenant'] as const)('of kind %s that failed is asked for anew', (kind) => {
    expect(retry(through(aJob(kind), failed), ada, timing)).toMatchObject({ reason: 'not-retryable' });
  });
});
