import { auditEventOf } from '../../shared/adapters/audit-item.ts';
import type { Table } from '../../shared/adapters/dynamo-table.ts';
import type { Trail } from '../application/ports.ts';

/** `gsi2` holds the events of a tenant, and those of none, in the order of `at` and id. */
export const makeDynamoTrail = (table: Table): Trail => ({
  before: async (of, { from, to, position }, limit) => {
    const { items } = await table.query(
      {
        IndexName: 'gsi2',
        KeyConditionExpression: 'gsi2pk = :trail AND gsi2sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':trail': `AUDIT#${of === 'platform' ? 'PLATFORM' : of.tenantId}`,
          ':from': from.toISOString(),
          // an event at `to` has its id behind that, and so comes after it
          ':to': position && position.at < to.toISOString() ? `${position.at}#${position.id}` : to.toISOString(),
        },
        ScanIndexForward: false,
      },
      // BETWEEN includes the position itself
      { limit: limit + 1 },
    );
    return items
      .map(auditEventOf)
      .filter(({ id }) => id !== position?.id)
      .slice(0, limit);
  },
});
