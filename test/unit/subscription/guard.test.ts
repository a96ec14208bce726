import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Contended, Defect, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import type { BreakerStore } from '../../../contexts/subscription/application/ports.ts';
import { closedBreaker } from '../../../contexts/subscription/domain/breaker.ts';
import { guardSubscriptions, makeGuard } from '../../../contexts/subscription/index.ts';
import { makeMemoryBreakers } from '../../support/memory-breakers.ts';
import { saying } from '../../support/memory-subscriptions.ts';

const away = new Unavailable('the service is away');

/** A guarded service: what it is asked is counted, and its clock can be moved. */
const aGuard = (breakers: BreakerStore = makeMemoryBreakers()) => {
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  let calls = 0;
  const guard = makeGuard({ breakers, clock: { now: () => new Date(now) }, service: 'subscription' });
  const ask = (outcome: () => Promise<string> = async () => 'yes') =>
    guard(() => {
      calls += 1;
      return outcome();
    });
  const fail = (times: number) =>
    Promise.all(Array.from({ length: times }, () => expect(ask(() => Promise.reject(away))).rejects.toBe(away)));
  return {
    ask,
    fail,
    breakers,
    guard,
    calls: () => calls,
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
  };
};

describe('A service behind a breaker', () => {
  test('is asked, and its answer and its failure are passed on as they are', async () => {
    const { ask, fail } = aGuard();
    expect(await ask()).toBe('yes');
    await fail(1);
  });

  test('is not asked any more after five failures, and whoever asks is told when to come back', async () => {
    const { ask, fail, calls, wait } = aGuard();
    await fail(5);
    wait(18);
    await expect(ask()).rejects.toMatchObject({
      name: 'Unavailable',
      retryAfterSeconds: 42,
      message: 'the subscription service has failed and is asked again in 42 seconds',
    });
    expect(calls()).toBe(5);
  });

  test('is asked by one caller of many once a minute has passed, and by all when that one was answered', async () => {
    const { ask, fail, calls, wait } = aGuard();
    await fail(5);
    wait(60);
    const answers: ((answer: string) => void)[] = [];
    const slow = () =>
      new Promise<string>((resolve) => {
        answers.push(resolve);
      });
    const asked = [ask(slow), ask(slow), ask(slow)];
    let refused = 0;
    for (const one of asked) one.catch(() => (refused += 1));
    for (let n = 0; refused < 2 && n < 500; n += 1) await sleep(1);
    for (const answer of answers) answer('yes');
    expect((await Promise.allSettled(asked)).map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(calls()).toBe(6);
    expect(await ask()).toBe('yes');
  });

  test('is not held responsible for what is wrong with us', async () => {
    const { ask, breakers } = aGuard();
    const defect = new Defect('our own mistake');
    for (let n = 0; n < 5; n += 1) await expect(ask(() => Promise.reject(defect))).rejects.toBe(defect);
    expect(await breakers.read('subscription')).toEqual(closedBreaker);
  });

  test('answers although what that tells can never be stored for others who write, and fails with its own failure', async () => {
    const memory = makeMemoryBreakers();
    const busy: BreakerStore = { ...memory, save: () => Promise.reject(new Contended('another change came first')) };
    const { ask, fail } = aGuard(busy);
    expect(await ask()).toBe('yes');
    await fail(1);
  });

  test('is asked every question through the same breaker', async () => {
    const { fail, guard } = aGuard();
    const guarded = guardSubscriptions(saying(true), guard);
    expect(await guarded.hasSubscriptionForModule('t', 'finance')).toBe(true);
    await fail(5);
    await expect(guarded.hasSubscriptionForModule('t', 'finance')).rejects.toMatchObject({ name: 'Unavailable' });
    await expect(guarded.subscribedAmong('t', ['finance'])).rejects.toMatchObject({ name: 'Unavailable' });
    await expect(guarded.getSubscriptionQuota({ id: 't', plan: 'free' })).rejects.toMatchObject({ name: 'Unavailable' });
  });

  test('that is asked about no module at all has not shown that it is there', async () => {
    const { ask, fail, guard } = aGuard();
    await fail(4);
    expect(await guardSubscriptions(saying(true), guard).subscribedAmong('t', [])).toEqual(new Set());
    await fail(1);
    await expect(ask()).rejects.toMatchObject({ name: 'Unavailable' });
  });
});
