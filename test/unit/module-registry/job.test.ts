import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as decisions from '../../../contexts/module-registry/domain/job.ts';
import { type Job, type JobEvent, type JobKind, requestJob, type Timing } from '../../../contexts/module-registry/domain/job.ts';
import { retry } from '../../../contexts/module-registry/domain/job-by-hand.ts';
import { tenantModuleAfter } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { aChange, archiveDays } from '../../support/module-job.ts';

const timing: Timing = { at: new Date('2026-01-01T00:00:00Z'), leaseSeconds: 120 };
const error = { name: 'Defect', message: 'it broke' };

const aJob = (kind: JobKind = 'install'): Job =>
  requestJob(
    {
      id: '01JD00000000000000000000J1',
      kind,
      tenantId: 't',
      tenantSlug: 'acme',
      modules: [aChange('install')],
      requested: ['finance'],
      fence: 2,
      requestedBy: 'ada',
      attemptsMax: 3,
    },
    timing,
  ).job;

const evolved = (job: Job, events: readonly JobEvent[]): Job => events.reduce(decisions.evolve, job);
const through = (job: Job, ...steps: readonly ((job: Job) => readonly JobEvent[])[]): Job =>
  steps.reduce((at, step) => evolved(at, step(at)), job);

const validating = (job: Job) => decisions.beginValidating(job, timing);
const working = (job: Job) => decisions.beginWork(job, timing);
const completed = (job: Job) => decisions.complete(job, timing);
const rollingBack = (job: Job) => decisions.beginRollback(job, { reason: 'step-failed', error }, timing);
const failed = (job: Job) => decisions.fail(job, {}, timing);
const stuck = (job: Job) => decisions.needIntervention(job, error, timing);
const takenOver = (job: Job) => decisions.takeOver(job, { fence: job.fence + 1 }, timing);
const all = { validating, working, completed, rollingBack, failed, stuck, takenOver };

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

  test('retried after failing starts over with fresh attempts and no old reason', () => {
    const before = through(aJob(), validating, working, rollingBack, failed);
    const job = evolved(before, retry(before, { fence: 9, actor: 'ada' }, timing) as readonly JobEvent[]);
    expect([job.state, job.attempt, job.fence, job.attemptsLeft, job.reason, job.error]).toEqual([
      'Pending',
      2,
      9,
      2,
      undefined,
      undefined,
    ]);
  });

  test('retried in manual intervention undoes again', () => {
    const before = through(aJob(), validating, working, rollingBack, stuck);
    const job = evolved(before, retry(before, { fence: 9, actor: 'ada' }, timing) as readonly JobEvent[]);
    expect([job.state, job.attempt, job.attemptsLeft]).toEqual(['RollingBack', 2, 2]);
  });

  test('is not retried while it runs or once it is done', () => {
    for (const job of [aJob(), through(aJob(), validating, working, completed)]) {
      expect(retry(job, { fence: 9, actor: 'ada' }, timing)).toMatchObject({ kind: 'conflict', reason: 'not-retryable' });
    }
  });
});

describe('Whatever happens to a job', () => {
  const anyPath = fc.array(fc.constantFrom(...(Object.keys(all) as (keyof typeof all)[])), { maxLength: 25 });
  const anyKind = fc.constantFrom<JobKind>('install', 'provision', 'deprovision', 'restore-tenant', 'purge-tenant');

  test('a decision repeated on its own result says nothing new', () => {
    fc.assert(
      fc.property(
        anyKind,
        anyPath,
        fc.constantFrom(...(['validating', 'working', 'completed', 'rollingBack', 'failed', 'stuck'] as const)),
        (kind, path, name) => {
          const job = through(aJob(kind), ...path.map((step) => all[step]));
          expect(all[name](evolved(job, all[name](job)))).toEqual([]);
        },
      ),
    );
  });

  test('an end is left by nobody but a retry, and the sequence counts every event', () => {
    fc.assert(
      fc.property(anyKind, anyPath, (kind, path) => {
        let job = aJob(kind);
        for (const name of path) {
          const events = all[name](job);
          if (decisions.hasEnded(job)) expect(events).toEqual([]);
          const next = evolved(job, events);
          expect(next.sequence).toBe(job.sequence + events.length);
          expect(next.fence).toBeGreaterThanOrEqual(job.fence);
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

  test('a failed upgrade leaves the version that stood, with who brought it', () => {
    const job = through(aJob('upgrade'), validating, working, rollingBack, failed);
    const before = {
      tenantId: 't',
      module: 'finance',
      status: 'Changing',
      version: '1.0.0',
      configuration: { a: 1 },
      installedAt: new Date(0),
      installedBy: 'J0',
    } as const;
    const change = { ...aChange('upgrade'), progress: { applied: 0, total: 0 } };
    expect(tenantModuleAfter(job, change, before, { archiveDays })).toEqual({ ...before, status: 'Active' });
  });
});
