import { Contended } from '../../contexts/shared/domain/errors.ts';
import type { BreakerStore } from '../../contexts/subscription/application/ports.ts';
import { type Breaker, closedBreaker } from '../../contexts/subscription/domain/breaker.ts';

/** Breakers in memory: the twin of those in the registry table. */
export const makeMemoryBreakers = (): BreakerStore => {
  const breakers = new Map<string, Breaker>();
  const read = (service: string): Breaker => breakers.get(service) ?? closedBreaker;
  return {
    read: async (service) => read(service),
    save: async (service, before, after) => {
      if (read(service).revision !== before.revision) throw new Contended('another change came first');
      breakers.set(service, after);
    },
  };
};
