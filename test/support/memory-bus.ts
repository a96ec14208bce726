import type { Bus, Outbox } from '../../contexts/module-registry/application/ports.ts';
import type { AuditEvent } from '../../contexts/shared/domain/audit-event.ts';

/** A bus that refuses the named ids, and an outbox that remembers what was marked. */
export const makeMemoryBus = (
  refusing: readonly string[] = [],
): { bus: Bus; outbox: Outbox; sent: AuditEvent[]; marked: number[]; waiting: AuditEvent[] } => {
  const sent: AuditEvent[] = [];
  const marked: number[] = [];
  const waiting: AuditEvent[] = [];
  return {
    sent,
    marked,
    waiting,
    bus: {
      put: async (events) => {
        sent.push(...events.filter(({ id }) => !refusing.includes(id)));
        return new Set(events.map(({ id }) => id).filter((id) => refusing.includes(id)));
      },
    },
    outbox: {
      waiting: async (shard) => (shard === 0 ? waiting : []),
      markPublished: async (events) => void marked.push(...events.map(({ sequence }) => sequence)),
    },
  };
};
