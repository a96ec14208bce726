import type { Outbox, PageOf, Paging } from '../../contexts/module-registry/application/ports.ts';
import type { IdempotencyRecord, IdempotencyStore } from '../../contexts/shared/application/idempotency.ts';
import type { AuditEvent } from '../../contexts/shared/domain/audit-event.ts';
import { Contended, Malformed } from '../../contexts/shared/domain/errors.ts';

/** What every transaction of the table may store besides its aggregate, in memory: events, unpublished, and a kept answer. */
export interface MemoryTrail {
  readonly outbox: Outbox;
  readonly idempotency: IdempotencyStore;
  /** Throws `Contended` where an event's number or the key is taken, and has stored nothing then. */
  readonly store: (events: readonly AuditEvent[], kept?: { readonly record: IdempotencyRecord | undefined; readonly at: Date }) => void;
  readonly events: (aggregate: string, paging: Paging) => PageOf<AuditEvent>;
}

const keptMilliseconds = 86_400_000;
const keyOf = ({ aggregate, sequence }: Pick<AuditEvent, 'aggregate' | 'sequence'>): string => `${aggregate} ${sequence}`;

/** In memory there is one shard, 0. */
export const makeMemoryTrail = (): MemoryTrail => {
  const events = new Map<string, AuditEvent>();
  const unpublished = new Set<string>();
  const answers = new Map<string, { readonly record: IdempotencyRecord; readonly until: number }>();
  const find = (id: string, at: Date): IdempotencyRecord | undefined => {
    const kept = answers.get(id);
    return kept && kept.until > at.getTime() ? kept.record : undefined;
  };
  const store: MemoryTrail['store'] = (added, kept) => {
    if (added.some((event) => events.has(keyOf(event)))) throw new Contended('the number of an event is taken');
    if (kept?.record && find(kept.record.id, kept.at)) throw new Contended('the key is taken');
    if (kept?.record) answers.set(kept.record.id, { record: kept.record, until: kept.at.getTime() + keptMilliseconds });
    for (const event of added) {
      events.set(keyOf(event), event);
      unpublished.add(keyOf(event));
    }
  };
  return {
    store,
    events: (aggregate, paging) =>
      pageOf(
        [...events.values()].filter((event) => event.aggregate === aggregate).toSorted((a, b) => a.sequence - b.sequence),
        keyOf,
        paging,
      ),
    idempotency: { find: async (id, at) => find(id, at), keep: async (record, at) => store([], { record, at }) },
    outbox: {
      waiting: async (shard, at, limit) =>
        [...events.values()]
          .filter((event) => shard === 0 && unpublished.has(keyOf(event)) && event.at <= at.toISOString())
          .toSorted((a, b) => (a.at < b.at ? -1 : 1))
          .slice(0, limit),
      markPublished: async (published) => {
        if (published.some((event) => !events.has(keyOf(event)))) throw new Contended('there is no such event');
        for (const event of published) unpublished.delete(keyOf(event));
      },
    },
  };
};

/** One page of what is sorted already. The cursor is the key of the page's last item. */
export const pageOf = <T>(sorted: readonly T[], key: (item: T) => string, { limit, cursor }: Paging): PageOf<T> => {
  const first = cursor === undefined ? 0 : sorted.findIndex((item) => key(item) === Buffer.from(cursor, 'base64url').toString()) + 1;
  if (cursor !== undefined && first === 0) throw new Malformed('this cursor is not one that a list answered');
  const items = sorted.slice(first, first + limit);
  const last = items.at(-1);
  return { items, ...(last !== undefined && items.length === limit ? { cursor: Buffer.from(key(last)).toString('base64url') } : {}) };
};
