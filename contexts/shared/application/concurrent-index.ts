import type { ConcurrentIndex } from './migration.ts';
import type { ConcurrentIndexes } from './module-schema.ts';
import type { Slice } from './slice.ts';

/** One look, one clearing away of an invalid leftover, one build. */
const movesMax = 3;

/**
 * Brings an index into being without locking its table; true once it is valid. Whoever finds it being built (by an earlier
 * call whose time was up) answers false and comes again.
 */
export const ensureIndex = async (indexes: ConcurrentIndexes, index: ConcurrentIndex, slice: Slice): Promise<boolean> => {
  for (let move = 0; move < movesMax; move += 1) {
    const state = await indexes.state(index);
    if (state === 'valid') return true;
    if (state === 'building') return untilBuilt(indexes, index, slice);
    await (state === 'invalid' ? indexes.drop(index) : indexes.build(index));
  }
  return (await indexes.state(index)) === 'valid';
};

const untilBuilt = async (indexes: ConcurrentIndexes, index: ConcurrentIndex, slice: Slice): Promise<boolean> => {
  while (!slice.isOver()) {
    await slice.pause();
    const state = await indexes.state(index);
    if (state !== 'building') return state === 'valid';
  }
  return false;
};

/** Takes an index away for good: also one that is still being built, or it would be there again behind our back. */
export const removeIndex = async (indexes: ConcurrentIndexes, index: ConcurrentIndex): Promise<void> => {
  await indexes.stop(index);
  await indexes.drop(index);
};
