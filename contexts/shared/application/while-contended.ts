import { setTimeout as sleep } from 'node:timers/promises';
import { Contended } from '../domain/errors.ts';

const triesMax = 8;

/** Does `work` from its beginning again when it lost a race; rejects with `Contended` after losing every race it may lose. */
export const whileContended = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Contended) || tries === triesMax) throw error;
      await sleep(Math.random() * 10 * 2 ** tries);
    }
  }
};
