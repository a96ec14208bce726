import { auditEventOf } from '../../shared/adapters/audit-item.ts';
import type { Table } from '../../shared/adapters/dynamo-table.ts';
import type { Outbox } from '../application/ports.ts';

/** DynamoDB takes at most this many writes in one transaction. */
const marksPerRequestMax = 100;

/** Unpublished events carry an index key; publishing takes it away, a whole batch in one request. */
export const makeDynamoOutbox = (table: Table): Outbox => ({
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
        events.slice(first, first + marksPerRequestMax).map(({ aggregate, sequence }) => ({
          Update: {
            Key: { pk: aggregate, sk: `EVENT#${String(sequence).padStart(6, '0')}` },
            UpdateExpression: 'REMOVE gsi1pk, gsi1sk',
            ConditionExpression: 'attribute_exists(pk)',
          },
        })),
      );
    }
  },
});
