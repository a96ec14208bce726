import type { Item, Table } from '../../shared/adapters/dynamo-table.ts';
import { Malformed } from '../../shared/domain/errors.ts';
import type { PageOf, Paging } from '../application/ports.ts';

/** One page over partitions that differ in their shard only, one shard after the other, `only` what has these attributes. The cursor is `shard.cursor of the table`. */
export const makeReadShards =
  (table: Table, shards: number) =>
  async (partitionOf: (shard: number) => string, only: Item, { limit, cursor }: Paging): Promise<PageOf<Item>> => {
    const items: Item[] = [];
    let { shard, inner } = positionIn(cursor, shards);
    for (; shard < shards; shard += 1) {
      const page = await table.query(queryOf(partitionOf(shard), only), {
        limit: limit - items.length,
        ...(inner === undefined ? {} : { cursor: inner }),
      });
      items.push(...page.items);
      if (page.cursor !== undefined) return { items, cursor: `${shard}.${page.cursor}` };
      inner = undefined;
      if (items.length === limit) break;
    }
    return { items, ...(shard + 1 < shards ? { cursor: `${shard + 1}.` } : {}) };
  };

const queryOf = (partition: string, only: Item): Parameters<Table['query']>[0] => {
  const filters = Object.keys(only);
  return {
    KeyConditionExpression: 'pk = :partition',
    ExpressionAttributeValues: { ':partition': partition, ...Object.fromEntries(filters.map((name) => [`:${name}`, only[name]])) },
    ...(filters.length === 0
      ? {}
      : {
          FilterExpression: filters.map((name) => `#${name} = :${name}`).join(' AND '),
          ExpressionAttributeNames: Object.fromEntries(filters.map((name) => [`#${name}`, name])),
        }),
  };
};

const positionIn = (cursor: string | undefined, shards: number): { shard: number; inner: string | undefined } => {
  if (cursor === undefined) return { shard: 0, inner: undefined };
  const [, shard, inner] = /^(\d{1,3})\.([\w-]*)$/.exec(cursor) ?? [];
  if (shard === undefined || Number(shard) >= shards)
    throw new Malformed('this cursor is not one that a list answered', [
      { field: 'cursor', message: 'pass the cursor of the previous page unchanged' },
    ]);
  return { shard: Number(shard), inner: inner === '' ? undefined : inner };
};
