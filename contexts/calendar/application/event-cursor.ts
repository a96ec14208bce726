import * as z from 'zod';
import { Ulid } from '../../shared/domain/names.ts';
import type { EventView } from './calendar-view.ts';

/** The start and the id of the last event of the page before, encoded so that nobody builds on it. */
export const EventCursor = z.string().transform((text, context) => {
  const [start, id] = Buffer.from(text, 'base64url').toString().split(' ');
  const parsed = z.object({ startsAt: z.iso.datetime(), id: Ulid }).safeParse({ startsAt: start, id });
  if (parsed.success) return { startsAt: new Date(parsed.data.startsAt), id: parsed.data.id };
  context.addIssue({ code: 'custom', message: 'is not a cursor that this API gave' });
  return z.NEVER;
});

export const eventCursor = ({ startsAt, id }: EventView): string => Buffer.from(`${startsAt} ${id}`).toString('base64url');
