import type { IdempotencyStore } from '../application/idempotency.ts';
import { idempotencyItemKey, idempotencyPut } from './audit-item.ts';
import type { Table } from './dynamo-table.ts';

/** Kept answers in the registry table. The table sweeps expired items some time later, so the expiry is looked at here. */
export const makeDynamoIdempotency = (table: Table): IdempotencyStore => ({
  find: async (id, at) => {
    const item = await table.get(idempotencyItemKey(id));
    if (!item || Number(item['expiresAt']) * 1000 <= at.getTime()) return undefined;
    return { id, bodyHash: String(item['bodyHash']), answer: item['answer'] as Readonly<Record<string, unknown>> };
  },
  keep: async (record, at) => table.transact([idempotencyPut(record, at)]),
});
