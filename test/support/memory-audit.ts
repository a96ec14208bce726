import type { Trail } from '../../contexts/analytics/application/ports.ts';
import type { AuditEvent } from '../../contexts/shared/domain/audit-event.ts';

const placeOf = ({ at, id }: Pick<AuditEvent, 'at' | 'id'>): string => `${at}#${id}`;

/** Trails in memory: the twin of those in the registry table's index. */
export const makeMemoryAudit = (events: readonly AuditEvent[]): Trail => {
  const oldestFirst = events.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const reading =
    (ordered: readonly AuditEvent[], isPast: (place: string, position: string) => boolean): Trail['before'] =>
    async (of, { from, to, position }, limit) => {
      const [first, end, place] = [from.toISOString(), to.toISOString(), position && placeOf(position)];
      return ordered
        .filter(({ tenantId }) => (of === 'platform' ? tenantId === undefined : tenantId === of.tenantId))
        .filter((event) => event.at >= first && event.at < end && (place === undefined || isPast(placeOf(event), place)))
        .slice(0, limit);
    };
  return {
    before: reading(oldestFirst.toReversed(), (place, position) => place < position),
    after: reading(oldestFirst, (place, position) => place > position),
  };
};
