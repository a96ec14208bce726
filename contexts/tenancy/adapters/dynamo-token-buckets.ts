import * as z from 'zod';
import type { Table } from '../../shared/adapters/dynamo-table.ts';
import type { TokenBuckets } from '../application/ports.ts';
import type { TokenBucket } from '../domain/token-bucket.ts';

const key = (tenantId: string) => ({ pk: `REQUESTS#${tenantId}`, sk: 'BUCKET' });
/** Long before, a bucket is full again, as one is that is not there. */
const keptSeconds = 3_600;

/** One item for each tenant, changed on condition that it is as it was read, and swept when it is full anyway. */
export const makeDynamoTokenBuckets = (table: Table): TokenBuckets => ({
  read: async (tenantId) => {
    const item = await table.get(key(tenantId));
    return item && StoredBucket.parse(item);
  },
  save: (tenantId, before, { tokens, at }) => {
    const { ConditionExpression, values } = standing(before);
    return table.update({
      Key: key(tenantId),
      UpdateExpression: 'SET #type = :type, #tokens = :tokens, #at = :at, #expires = :expires',
      ConditionExpression,
      ExpressionAttributeNames: { '#type': 'type', '#tokens': 'tokens', '#at': 'at', '#expires': 'expiresAt' },
      ExpressionAttributeValues: {
        ...{ ':type': 'TokenBucket', ':tokens': tokens, ':at': at.toISOString() },
        ':expires': Math.floor(at.getTime() / 1000) + keptSeconds,
        ...values,
      },
    });
  },
});

const standing = (before: TokenBucket | undefined) =>
  before
    ? { ConditionExpression: '#tokens = :read AND #at = :readAt', values: { ':read': before.tokens, ':readAt': before.at.toISOString() } }
    : { ConditionExpression: 'attribute_not_exists(pk)', values: {} };

const StoredBucket = z.object({ tokens: z.number().nonnegative(), at: z.iso.datetime().transform((at) => new Date(at)) });
