import { describe, expect, test } from '@jest/globals';
import { ensureIndex, removeIndex } from '../../../contexts/shared/application/concurrent-index.ts';
import type { ConcurrentIndexes } from '../../../contexts/shared/application/module-schema.ts';

type State = Awaited<ReturnType<ConcurrentIndexes['state']>>;

const index = { name: 'i', table: 't', on: 'c' };

/** Shows the states one after the other, the last for ever; notes what is asked of it. */
const indexesIn = (...states: readonly State[]) => {
  const asked: string[] = [];
  let looked = 0;
  const indexes: ConcurrentIndexes = {
    state: async () => states[Math.min(looked++, states.length - 1)] ?? 'absent',
    build: async () => void asked.push('build'),
    drop: async () => void asked.push('drop'),
    stop: async () => void asked.push('stop'),
    dropStray: async () => void asked.push('dropStray'),
  };
  return { asked, indexes };
};

const sliceOf = (pauses: number) => {
  let left = pauses;
  const pause = async () => {
    left -= 1;
  };
  return { isOver: () => left <= 0, pause };
};

describe('An index that is built concurrently', () => {
  test.each<[string, readonly State[], readonly string[], boolean]>([
    ['is left alone when it stands', ['valid'], [], true],
    ['is built when it is absent', ['absent', 'valid'], ['build'], true],
    ['is dropped and built when an earlier build failed', ['invalid', 'absent', 'valid'], ['drop', 'build'], true],
    ['is waited for while somebody builds it', ['building', 'building', 'valid'], [], true],
    ['is not there when the build that was waited for failed', ['building', 'invalid'], [], false],
    ['is not there when it cannot be made valid', ['invalid'], ['drop', 'drop', 'drop'], false],
  ])('%s', async (_what, states, expected, there) => {
    const { asked, indexes } = indexesIn(...states);
    expect(await ensureIndex(indexes, index, sliceOf(5))).toBe(there);
    expect(asked).toEqual(expected);
  });

  test('is left to the next slice when this one is over', async () => {
    expect(await ensureIndex(indexesIn('building').indexes, index, sliceOf(3))).toBe(false);
  });
});

describe('An index that is not wanted any more', () => {
  test('is no longer built by anybody before it is dropped', async () => {
    const { asked, indexes } = indexesIn('building');
    await removeIndex(indexes, index);
    expect(asked).toEqual(['stop', 'drop']);
  });
});
