import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { lookAgainSeconds } from '../../contexts/module-registry/domain/look-again.ts';
import type { Definition } from './subset.ts';

const { States } = JSON.parse(readFileSync('statemachines/install-module.asl.json', 'utf8')) as Definition;
type Retry = readonly { readonly MaxAttempts: number }[];

/** Entered and exited; a task is scheduled, started and ended besides, and that again for each try that failed. */
const eventsOf = (state: string): number => {
  const { Type, Retry = [] } = States[state] ?? {};
  const tries = (Retry as Retry).reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 1);
  return Type === 'Task' ? 2 + 3 * tries : 2;
};

const daySeconds = 86_400;

/** When a job looks that waits for a day, in seconds, if a look takes no time. */
const looks = (retryAfterSeconds: number): readonly number[] => {
  const at = [0];
  for (let now = 0; now < daySeconds; at.push(now)) now += lookAgainSeconds({ secondsWaited: now, retryAfterSeconds });
  return at;
};

describe('A job that waits for a day', () => {
  test('comes round by these states', () => {
    expect([States['Validating']?.['Next'], States['WaitForSubscription']?.['Next']]).toEqual(['Validated', 'Validating']);
    expect(States['Validated']?.['Choices']).toContainEqual(expect.objectContaining({ StringEquals: 'wait', Next: 'WaitForSubscription' }));
  });

  test.each([0, 1, 5, 30, 60, 3_600])(
    'has a history below 20,000 events even if every try fails, asked to come back after %i seconds',
    (seconds) => {
      const perLook = ['Validating', 'Validated', 'WaitForSubscription'].reduce((sum, state) => sum + eventsOf(state), 0);
      expect(looks(seconds).length * perLook).toBeLessThan(20_000);
    },
  );

  test('looks as soon as it was told at first, and is never later than a twentieth of what it has waited, nor than five minutes', () => {
    expect(looks(30).slice(0, 4)).toEqual([0, 30, 60, 90]);
    expect(looks(5).slice(0, 3)).toEqual([0, 5, 10]);
    for (const [index, at] of looks(5).entries()) {
      const before = looks(5)[index - 1] ?? 0;
      expect(at - before).toBeLessThanOrEqual(Math.min(300, Math.max(5, Math.ceil(before / 20))));
    }
  });
});
