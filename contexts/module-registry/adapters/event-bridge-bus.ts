import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import { Unavailable } from '../../shared/domain/errors.ts';
import type { Bus } from '../application/ports.ts';

const entriesPerRequestMax = 10;
const source = 'module-registry';

/** The registry's bus. An event's id and sequence let consumers order and deduplicate. */
export const makeEventBridgeBus = (client: EventBridgeClient, busName: string): Bus => ({
  put: async (events) => {
    const refused = new Set<string>();
    for (let first = 0; first < events.length; first += entriesPerRequestMax) {
      const chunk = events.slice(first, first + entriesPerRequestMax);
      for (const id of await putChunk(client, busName, chunk)) refused.add(id);
    }
    return refused;
  },
});

const putChunk = async (client: EventBridgeClient, busName: string, events: readonly AuditEvent[]): Promise<readonly string[]> => {
  const Entries = events.map((event) => ({
    EventBusName: busName,
    Source: source,
    DetailType: event.name,
    Time: new Date(event.at),
    Detail: JSON.stringify(event),
  }));
  try {
    const answer = await client.send(new PutEventsCommand({ Entries }));
    return events.flatMap(({ id }, index) => (answer.Entries?.[index]?.ErrorCode ? [id] : []));
  } catch (error) {
    throw new Unavailable('the event bus could not be reached', 5, { cause: error });
  }
};
