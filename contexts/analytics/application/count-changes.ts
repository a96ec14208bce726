import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { type EndedJob, fleetMoves, type Standing, summed, talliesOf } from '../domain/tally.ts';
import type { Counter, ModuleOfTenant } from './ports.ts';

/** A tenant module as it is now; without `now` the tenant has it no more. */
export interface SeenModule extends ModuleOfTenant {
  readonly now?: Standing;
}

/** What the stream brought, in its order. */
export interface Changes {
  readonly ends: readonly EndedJob[];
  readonly modules: readonly SeenModule[];
}

export interface CountingPorts {
  readonly counter: Counter;
  readonly clock: Clock;
}

/** DynamoDB takes 100 writes in one transaction. */
const writesMax = 100;

/** Counts what the stream brought. Brought again, nothing is counted twice. Answers how much was new. */
export const makeCountChanges =
  (ports: CountingPorts) =>
  async ({ ends, modules }: Changes): Promise<{ readonly ends: number; readonly modules: number }> => {
    const jobs = unique(ends, ({ eventId }) => eventId);
    const last = unique(modules, ({ tenantId, module }) => `${tenantId} ${module}`);
    let fresh = { ends: 0, modules: 0 };
    for (const batch of batchesOf(jobs, last)) {
      const counted = await whileContended(() => countBatch(ports, batch));
      fresh = { ends: fresh.ends + counted.ends, modules: fresh.modules + counted.modules };
    }
    return fresh;
  };

/** The last of those that are the same. */
const unique = <T>(all: readonly T[], key: (one: T) => string): readonly T[] => [...new Map(all.map((one) => [key(one), one])).values()];

interface Batch {
  readonly jobs: readonly EndedJob[];
  readonly modules: readonly SeenModule[];
}

const empty: Batch = { jobs: [], modules: [] };

/** As many in one transaction as fit: an end writes that it was counted and its tallies, a tenant module itself and two of the fleet. */
const batchesOf = (jobs: readonly EndedJob[], modules: readonly SeenModule[]): readonly Batch[] => {
  const parts = [
    ...jobs.map((job) => ({ writes: 1 + talliesOf(job).length, jobs: [job], modules: [] })),
    ...modules.map((module) => ({ writes: 3, jobs: [], modules: [module] })),
  ];
  const batches: Batch[] = [];
  let open = empty;
  let writes = 0;
  for (const part of parts) {
    if (writes + part.writes > writesMax) {
      batches.push(open);
      [open, writes] = [empty, 0];
    }
    open = { jobs: [...open.jobs, ...part.jobs], modules: [...open.modules, ...part.modules] };
    writes += part.writes;
  }
  return [...batches, open].filter(({ jobs: some, modules: others }) => some.length + others.length > 0);
};

const countBatch = async ({ counter, clock }: CountingPorts, { jobs, modules }: Batch) => {
  const known = await counter.known({ events: jobs.map(({ eventId }) => eventId), modules });
  const fresh = jobs.filter(({ eventId }) => !known.events.has(eventId));
  const standings = modules.flatMap(({ tenantId, module, now }) => {
    const before = known.standings.find((one) => one.tenantId === tenantId && one.module === module);
    const moves = fleetMoves(before, now);
    return moves.length === 0 ? [] : [{ moves, change: { ...(before ? { before } : {}), ...(now ? { after: now } : {}) } }];
  });
  if (fresh.length + standings.length > 0)
    await counter.count({
      events: fresh.map(({ eventId }) => eventId),
      standings: standings.map(({ change }) => change),
      tallies: summed([...fresh.flatMap(talliesOf), ...standings.flatMap(({ moves }) => moves)]),
      at: clock.now(),
    });
  return { ends: fresh.length, modules: standings.length };
};
