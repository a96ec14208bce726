import { createHash } from 'node:crypto';
import type { IdempotencyRecord } from '../application/idempotency.ts';
import type { AuditEvent } from '../domain/audit-event.ts';
import type { Item, Write } from './dynamo-table.ts';

/** Index partitions of what is scanned by age carry a shard, so that no one partition takes every write. */
export const shards = 16;

export const shardOf = (id: string): number => (createHash('sha256').update(id).digest()[0] ?? 0) % shards;

/** The write that adds `event` to its aggregate's trail, unpublished. It loses if the sequence is taken. */
export const auditEventPut = (event: AuditEvent): Write => ({
  Put: {
    Item: {
      pk: event.aggregate,
      sk: `EVENT#${String(event.sequence).padStart(6, '0')}`,
      type: 'AuditEvent',
      ...event,
      gsi1pk: `UNPUBLISHED#${shardOf(event.aggregate)}`,
      gsi1sk: event.at,
      gsi2pk: `AUDIT#${event.tenantId ?? 'PLATFORM'}`,
      gsi2sk: `${event.at}#${event.id}`,
    },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

const keys = new Set(['pk', 'sk', 'type', 'gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk', 'expiresAt']);

/** The event in a stored item. */
export const auditEventOf = (item: Item): AuditEvent =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !keys.has(name))) as unknown as AuditEvent;

const daySeconds = 86_400;

export const idempotencyItemKey = (id: string): { readonly pk: string; readonly sk: string } => ({
  pk: `IDEMPOTENCY#${id}`,
  sk: 'IDEMPOTENCY',
});

/** The write that keeps an answer for 24 hours. It loses if the key is taken and has not expired. */
export const idempotencyPut = ({ id, bodyHash, answer }: IdempotencyRecord, at: Date): Write => {
  const now = Math.floor(at.getTime() / 1000);
  return {
    Put: {
      Item: { ...idempotencyItemKey(id), type: 'Idempotency', bodyHash, answer, expiresAt: now + daySeconds },
      ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
      ExpressionAttributeValues: { ':now': now },
    },
  };
};
