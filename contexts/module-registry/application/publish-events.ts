import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import type { Bus, Outbox } from './ports.ts';

/** Sends stored events to the bus and marks those it took. Answers the ids of those it did not take. */
export const makePublishEvents =
  ({ bus, outbox }: { readonly bus: Bus; readonly outbox: Outbox }) =>
  async (events: readonly AuditEvent[]): Promise<ReadonlySet<string>> => {
    if (events.length === 0) return new Set();
    const refused = await bus.put(events);
    const taken = events.filter(({ id }) => !refused.has(id));
    if (taken.length > 0) await outbox.markPublished(taken);
    return refused;
  };

const eventsPerShardMax = 100;
/** An event younger than this is on its way through the stream. */
const strayAfterSeconds = 60;

/** Publishes events that the stream's publisher could not. Answers how many it sent. */
export const makePublishStrays =
  (ports: { readonly bus: Bus; readonly outbox: Outbox; readonly clock: Clock; readonly shards: number }) => async (): Promise<number> => {
    const publish = makePublishEvents(ports);
    const before = new Date(ports.clock.now().getTime() - strayAfterSeconds * 1000);
    let sent = 0;
    for (let shard = 0; shard < ports.shards; shard += 1) {
      const waiting = await ports.outbox.waiting(shard, before, eventsPerShardMax);
      sent += waiting.length - (await publish(waiting)).size;
    }
    return sent;
  };
