import * as z from 'zod';
import type { Item, Table } from '../../shared/adapters/dynamo-table.ts';
import type { BreakerStore } from '../application/ports.ts';
import { type Breaker, closedBreaker } from '../domain/breaker.ts';

const key = (service: string) => ({ pk: `BREAKER#${service}`, sk: 'BREAKER' });

/** One item for each service; each write asks that it is as it was read. */
export const makeDynamoBreakers = (table: Table): BreakerStore => ({
  read: async (service) => {
    const item = await table.get(key(service));
    return item ? StoredBreaker.parse(item) : closedBreaker;
  },
  save: (service, before, after) =>
    table.transact([{ Put: { Item: { ...key(service), type: 'Breaker', ...itemOf(after) }, ...standing(before) } }]),
});

const itemOf = (breaker: Breaker): Item => (breaker.status === 'closed' ? breaker : { ...breaker, since: breaker.since.toISOString() });

const standing = ({ revision }: Breaker) =>
  revision === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : { ConditionExpression: 'revision = :read', ExpressionAttributeValues: { ':read': revision } };

const Count = z.int().nonnegative();
const counts = { generation: Count, revision: Count };
const since = z.iso.datetime().transform((at) => new Date(at));
const StoredBreaker = z.discriminatedUnion('status', [
  z.object({ status: z.literal('closed'), failures: Count, ...counts }),
  z.object({ status: z.literal('open'), since, ...counts }),
  z.object({ status: z.literal('trial'), since, ...counts }),
]);
