import { auditEventOf } from '../../shared/adapters/audit-item.ts';
import type { Table } from '../../shared/adapters/dynamo-table.ts';
import type { Trail } from '../application/ports.ts';

/** `gsi2` holds the events of a tenant, and those of none, in the order of `at` and id. */
export const makeDynamoTrail = (table: Pick<Table, 'query'>): Trail => {
  const reading =
    (oldestFirst: boolean): Trail['before'] =>
    async (of, { from, to, position }, limit) => {
      const place = position && `${position.at}#${position.id}`;
      // an event at `to` has its id behind that, and so comes after it
      const [first, last] = [from.toISOString(), to.toISOString()];
      const { items } = await table.query(
        {
          IndexName: 'gsi2',
          KeyConditionExpression: 'gsi2pk = :trail AND gsi2sk BETWEEN :from AND :to',
          ExpressionAttributeValues: {
            ':trail': `AUDIT#${of === 'platform' ? 'PLATFORM' : of.tenantId}`,
            ':from': oldestFirst && place !== undefined && place > first ? place : first,
            ':to': !oldestFirst && place !== undefined && place < last ? place : last,
          },
          ScanIndexForward: oldestFirst,
        },
        // BETWEEN includes the position itself
        { limit: limit + 1 },
      );
      return items
        .map(auditEventOf)
        .filter(({ id }) => id !== position?.id)
        .slice(0, limit);
    };
  return { before: reading(false), after: reading(true) };
};
