import type { Trail } from '../../contexts/analytics/application/ports.ts';
import type { AuditEvent } from '../../contexts/shared/domain/audit-event.ts';

/** Trails in memory: the twin of those in the registry table's index. */
export const makeMemoryAudit = (events: readonly AuditEvent[]): Trail => ({
  before: async (of, { from, to, position }, limit) => {
    const placeOf = ({ at, id }: Pick<AuditEvent, 'at' | 'id'>): string => `${at}#${id}`;
    return events
      .filter(({ tenantId }) => (of === 'platform' ? tenantId === undefined : tenantId === of.tenantId))
      .filter(({ at }) => at >= from.toISOString() && at < to.toISOString())
      .filter((event) => position === undefined || placeOf(event) < placeOf(position))
      .toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
      .slice(0, limit);
  },
});
