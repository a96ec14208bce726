import { auditEventOf } from '../../shared/adapters/audit-item.ts';
import type { Item, Page, Table } from '../../shared/adapters/dynamo-table.ts';
import type { Trail } from '../application/ports.ts';

/** `gsi2` holds the events of a tenant, and those of none, in the order of `at` and id. */
export const makeDynamoTrail = (table: Pick<Table, 'query'>): Trail => {
  const reading =
    (oldestFirst: boolean): Trail['before'] =>
    async (of, { from, to, position }, limit) => {
      const place = position && `${position.at}#${position.id}`;
      // an event at `to` has its id behind that, and so comes after it
      const [first, last] = [from.toISOString(), to.toISOString()];
      const query = {
        IndexName: 'gsi2',
        KeyConditionExpression: 'gsi2pk = :trail AND gsi2sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':trail': `AUDIT#${of === 'platform' ? 'PLATFORM' : of.tenantId}`,
          ':from': oldestFirst && place !== undefined && place > first ? place : first,
          ':to': !oldestFirst && place !== undefined && place < last ? place : last,
        },
        ScanIndexForward: oldestFirst,
      };
      // BETWEEN includes the position itself
      const items = await readUpTo(limit + 1, (page) => table.query(query, page));
      return items
        .map(auditEventOf)
        .filter(({ id }) => id !== position?.id)
        .slice(0, limit);
    };
  return { before: reading(false), after: reading(true) };
};

/** A page of DynamoDB ends at 1 MB too, so what follows a short one is asked for. */
const readUpTo = async (
  limit: number,
  read: (page: { readonly limit: number; readonly cursor?: string }) => Promise<Page>,
): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit: limit - items.length, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined && items.length < limit);
  return items;
};
