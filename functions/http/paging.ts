import * as z from 'zod';
import { Malformed } from '../../contexts/shared/domain/errors.ts';

const limitMax = 100;

/** The query of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(limitMax).default(20).meta({ description: 'How many at most.', example: 20 }),
  cursor: z
    .string()
    .min(1)
    .max(2_048)
    .optional()
    .meta({ description: 'The `cursor` of the page before, unchanged.', example: 'ZGlnaXRhbF9jYXJk' }),
});

/** A page of `Item`s; `cursor` is there while more may follow. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), cursor: z.string().optional().meta({ description: 'Where the next page begins.' }) });

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** The query as ports take it. */
export const pagingOf = ({ limit, cursor }: PageQuery) => ({ limit, ...(cursor === undefined ? {} : { cursor }) });

/** A page of what was read whole, in the order of its names. The cursor is the last name, encoded so that nobody builds on it. */
export const pageByName = <T>(
  all: readonly T[],
  nameOf: (item: T) => string,
  { limit, cursor }: PageQuery,
): { readonly items: readonly T[]; readonly cursor?: string } => {
  const after = cursor === undefined ? '' : nameIn(cursor);
  const rest = all.filter((item) => nameOf(item) > after).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(last !== undefined && rest.length > limit ? { cursor: Buffer.from(nameOf(last)).toString('base64url') } : {}) };
};

const nameIn = (cursor: string): string => {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (/^[\w-]{1,64}$/.test(name)) return name;
  throw notACursor();
};

/** A page of what was read whole and has an order of its own, such as a rank. The cursor is the last item's key, encoded. */
export const pageInOrder = <T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { limit, cursor }: PageQuery,
): { readonly items: readonly T[]; readonly cursor?: string } => {
  const encoded = (item: T): string => Buffer.from(keyOf(item)).toString('base64url');
  const first = cursor === undefined ? 0 : all.findIndex((item) => encoded(item) === cursor) + 1;
  if (cursor !== undefined && first === 0) throw notACursor();
  const items = all.slice(first, first + limit);
  const last = items.at(-1);
  return { items, ...(last !== undefined && first + limit < all.length ? { cursor: encoded(last) } : {}) };
};

const notACursor = (): Malformed =>
  new Malformed('this cursor is not one that a list answered', [
    { field: 'cursor', message: 'pass the cursor of the previous page unchanged' },
  ]);
