import * as z from 'zod';
import { Ulid } from '../domain/names.ts';

/** The id of the last item of the page before, encoded so that nobody builds on it. */
const Cursor = z.string().transform((text, context) => {
  const id = Ulid.safeParse(Buffer.from(text, 'base64url').toString());
  if (id.success) return id.data;
  context.addIssue({ code: 'custom', message: 'is not a cursor that this API gave' });
  return z.NEVER;
});

/** What the query of a module's list takes, whatever else it filters by. Ids are ULIDs, so the newest item has the highest. */
export const newestFirst = { limit: z.coerce.number().int().min(1).max(100).default(20), cursor: Cursor.optional() };

/** The body of a module's list; `cursor` is there while more may follow. */
export const pageView = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item), cursor: z.string().optional() });

export const viewPage = <Item extends { readonly id: string }>(items: readonly Item[], limit: number) => {
  const last = items.length === limit ? items.at(-1) : undefined;
  return { items, ...(last === undefined ? {} : { cursor: Buffer.from(last.id).toString('base64url') }) };
};
