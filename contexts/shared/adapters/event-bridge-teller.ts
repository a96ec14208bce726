import { type EventBridgeClient, PutEventsCommand, type PutEventsCommandOutput } from '@aws-sdk/client-eventbridge';
import type { Tell } from '../application/announcement.ts';
import { Defect, Unavailable } from '../domain/errors.ts';
import { isBrieflyAbsent, nameOf } from './brief-absence.ts';

/** Modules' own events on the platform's bus. The function's role may put those of its own module's source and no others. */
export const makeEventBridgeTeller =
  (client: Pick<EventBridgeClient, 'send'>, busName: string): Tell =>
  async (event) => {
    const Entry = {
      EventBusName: busName,
      Source: `module.${event.module}`,
      DetailType: event.name,
      Time: new Date(event.at),
      Detail: JSON.stringify(event),
    };
    const answer = await client.send(new PutEventsCommand({ Entries: [Entry] })).catch((error: unknown) => {
      throw isBrieflyAbsent(error) ? absent({ cause: error }) : refused(event.name, nameOf(error), { cause: error });
    });
    const code = refusalIn(answer);
    if (code !== undefined) throw passing.has(code) ? absent() : refused(event.name, code);
  };

const refusalIn = ({ Entries = [], FailedEntryCount = 0 }: PutEventsCommandOutput): string | undefined =>
  FailedEntryCount === 0 ? undefined : (Entries[0]?.ErrorCode ?? 'InternalFailure');

/** With which the bus says of an entry that it may take it another time. */
const passing = new Set(['InternalFailure', 'InternalException', 'ThrottlingException']);

const absent = (options?: ErrorOptions): Unavailable => new Unavailable('the event bus cannot be reached just now', 5, options);

const refused = (name: string, awsError: string, options?: ErrorOptions): Defect =>
  new Defect(`the event bus does not take ${name}: ${awsError}`, { awsError }, options);
