import type { Counted, Counter, Counts, ModuleOfTenant } from '../../contexts/analytics/application/ports.ts';
import type { Standing, TallyName } from '../../contexts/analytics/domain/tally.ts';
import { Contended } from '../../contexts/shared/domain/errors.ts';
import { pageOf } from './memory-trail.ts';

/** The counting in memory: the twin of that in the registry table. */
export const makeMemoryCounter = (): Counter & Counts => {
  const events = new Set<string>();
  const standings = new Map<string, Standing>();
  const tallies = new Map<string, { readonly name: TallyName; readonly count: number }>();
  const keyOf = ({ module, tenantId }: ModuleOfTenant): string => `${module} ${tenantId}`;
  const same = (a: Standing | undefined, b: Standing | undefined): boolean => a?.version === b?.version && a?.status === b?.status;
  const counted = <Of extends TallyName['of']>(of: Of): readonly Counted<Of>[] =>
    [...tallies.values()]
      .filter(({ name }) => name.of === of)
      .map(({ name, count }) => ({ ...name, count }) as Counted<Of>)
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return {
    known: async (batch) => ({
      events: new Set(batch.events.filter((id) => events.has(id))),
      standings: batch.modules.flatMap((one) => standings.get(keyOf(one)) ?? []),
    }),
    count: async (counting) => {
      if (counting.events.some((id) => events.has(id))) throw new Contended('an event is counted already');
      for (const { before, after } of counting.standings) {
        const one = after ?? before;
        if (one && !same(standings.get(keyOf(one)), before)) throw new Contended('a tenant module was seen otherwise');
      }
      for (const id of counting.events) events.add(id);
      for (const { before, after } of counting.standings) {
        if (after) standings.set(keyOf(after), after);
        else if (before) standings.delete(keyOf(before));
      }
      for (const { name, by } of counting.tallies) {
        const key = JSON.stringify(name);
        tallies.set(key, { name, count: (tallies.get(key)?.count ?? 0) + by });
      }
    },
    days: async ({ from, to }) => counted('day').filter(({ day }) => day >= from && day <= to),
    reasons: async ({ from, to }) => counted('reason').filter(({ day }) => day >= from && day <= to),
    fleet: async () => counted('fleet').filter(({ count }) => count > 0),
    standings: async (module, { version, status }, paging) =>
      pageOf(
        [...standings.values()].filter(
          (one) =>
            one.module === module && (version === undefined || one.version === version) && (status === undefined || one.status === status),
        ),
        keyOf,
        paging,
      ),
  };
};
