import { auditEventOf } from '../../shared/adapters/audit-item.ts';
import type { Table } from '../../shared/adapters/dynamo-table.ts';
import type { Outbox } from '../application/ports.ts';

/** DynamoDB takes at most this many writes in one transaction. */
const marksPerRequestMax = 100;

const daySeconds = 86_400;

/**
 * Unpublished events carry an index key; publishing takes it away, a whole batch in one request. From then on it is known when the
 * trail may forget them: `keptDays` after they happened; without that, never. What was not told yet is never forgotten.
 */
export const makeDynamoOutbox = (table: Table, keptDays?: number): Outbox => ({
  waiting: async (shard, at, limit) => {
    const { items } = await table.query(
      {
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :shard AND gsi1sk <= :at',
        ExpressionAttributeValues: { ':shard': `UNPUBLISHED#${shard}`, ':at': at.toISOString() },
      },
      { limit },
    );
    return items.map(auditEventOf);
  },
  markPublished: async (events) => {
    for (let first = 0; first < events.length; first += marksPerRequestMax) {
      await table.transact(
        events.slice(first, first + marksPerRequestMax).map(({ aggregate, sequence, at }) => ({
          Update: {
            Key: { pk: aggregate, sk: `EVENT#${String(sequence).padStart(6, '0')}` },
            UpdateExpression: `REMOVE gsi1pk, gsi1sk${keptDays === undefined ? '' : ' SET expiresAt = :expiresAt'}`,
            ConditionExpression: 'attribute_exists(pk)',
            ...(keptDays === undefined ? {} : { ExpressionAttributeValues: { ':expiresAt': secondOf(at) + keptDays * daySeconds } }),
          },
        })),
      );
    }
  },
});

const secondOf = (at: string): number => Math.floor(Date.parse(at) / 1000);
