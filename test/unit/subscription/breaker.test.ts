import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  admit,
  afterFailure,
  afterSuccess,
  type Breaker,
  closedBreaker,
  failuresMax,
  openSeconds,
} from '../../../contexts/subscription/domain/breaker.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const later = (seconds: number): Date => new Date(start + seconds * 1000);

/** What a call that is made at that time, and fails or not, leaves behind; the breaker itself where it was not let through. */
const call = (breaker: Breaker, seconds: number, outcome: 'answers' | 'fails'): Breaker => {
  const admission = admit(breaker, later(seconds));
  if (!admission.admitted) return breaker;
  const { generation } = admission.breaker;
  const told =
    outcome === 'fails' ? afterFailure(admission.breaker, generation, later(seconds)) : afterSuccess(admission.breaker, generation);
  return told ?? admission.breaker;
};
const failing = (times: number, breaker: Breaker = closedBreaker): Breaker =>
  Array.from({ length: times }).reduce<Breaker>((now) => call(now, 0, 'fails'), breaker);
const open = failing(failuresMax);

describe('A breaker', () => {
  test('lets everyone through while the service answers, and has nothing to store', () => {
    expect(admit(closedBreaker, later(0))).toEqual({ admitted: true, breaker: closedBreaker });
    expect(afterSuccess(closedBreaker, 0)).toBeUndefined();
  });

  test('stays closed for four failures in a row, and opens with the fifth', () => {
    expect([4, 5].map((times) => failing(times).status)).toEqual(['closed', 'open']);
  });

  test('forgets failures once a call is answered', () => {
    const recovered = call(failing(4), 0, 'answers');
    expect(recovered).toMatchObject({ status: 'closed', failures: 0 });
    expect(failing(4, recovered).status).toBe('closed');
  });

  test.each([
    [0, 60],
    [0.5, 60],
    [59, 1],
    [59.999, 1],
  ])('that is open lets nobody through, and says when to ask again: after %d s, in %d s', (seconds, retryAfterSeconds) => {
    expect(admit(open, later(seconds))).toEqual({ admitted: false, retryAfterSeconds });
  });

  test('asks nobody to wait for longer than it ever lasts, whatever the clocks say', () => {
    expect(admit(open, later(-3_600))).toEqual({ admitted: false, retryAfterSeconds: openSeconds });
  });

  test('lets one caller try after a minute, and the others wait for what it finds', () => {
    const trial = admit(open, later(60));
    expect(trial).toMatchObject({ admitted: true, breaker: { status: 'trial' } });
    expect(trial.admitted && admit(trial.breaker, later(61))).toEqual({ admitted: false, retryAfterSeconds: 59 });
  });

  test('closes when the trial is answered, and opens for another minute when it fails', () => {
    expect(call(open, 60, 'answers')).toMatchObject({ status: 'closed', failures: 0 });
    expect(call(open, 60, 'fails')).toMatchObject({ status: 'open', since: later(60) });
  });

  test('begins another trial when the first was never heard of again, and shrugs off its late answer', () => {
    const first = admit(open, later(60));
    const second = first.admitted ? admit(first.breaker, later(120)) : first;
    if (!first.admitted || !second.admitted) throw new Error('both are let through');
    expect(second.breaker.generation).toBeGreaterThan(first.breaker.generation);
    expect(afterSuccess(second.breaker, first.breaker.generation)).toBeUndefined();
    expect(afterFailure(second.breaker, first.breaker.generation, later(121))).toBeUndefined();
  });

  test('shrugs off what a call tells that was let through before it opened', () => {
    expect(afterFailure(open, closedBreaker.generation, later(30))).toBeUndefined();
    expect(afterSuccess(open, closedBreaker.generation)).toBeUndefined();
  });

  test('never lets a second caller through within a minute of opening or of a trial, whatever happened before', () => {
    const Call = fc.record({ wait: fc.double({ min: 0, max: 100, noNaN: true }), outcome: fc.constantFrom('answers', 'fails') });
    void fc.assert(
      fc.property(fc.array(Call, { maxLength: 60 }), (calls) => {
        let breaker: Breaker = closedBreaker;
        let failures = 0;
        let seconds = 0;
        let closedUntil = 0;
        for (const { wait, outcome } of calls) {
          seconds += wait;
          const admission = admit(breaker, later(seconds));
          expect(admission.admitted).toBe(later(seconds) >= later(closedUntil));
          if (!admission.admitted) continue;
          failures = outcome === 'fails' ? failures + 1 : 0;
          if (failures >= failuresMax) closedUntil = seconds + openSeconds;
          const before = breaker;
          breaker = call(breaker, seconds, outcome as 'answers' | 'fails');
          expect(breaker.revision).toBeGreaterThanOrEqual(before.revision);
        }
      }),
    );
  });
});
