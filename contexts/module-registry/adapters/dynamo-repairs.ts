import { auditEventPut, idempotencyPut } from '../../shared/adapters/audit-item.ts';
import type { Table, Write } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import type { Repair, Repairs } from '../application/verify-module.ts';
import { tenantModuleWrites } from './job-items.ts';

const counterKey = (tenantId: string, module: string) => ({ pk: `REPAIRS#${tenantId}#${module}`, sk: 'REPAIRS' });

/** The tenant module as the database has it, the tenant's next revision, and the event that says so. */
export const makeDynamoRepairs = (table: Table, newId: NewId): Repairs => ({
  save: async (repair) => {
    const { tenantId, module } = repair;
    const sequence = Number((await table.get(counterKey(tenantId, module)))?.['sequence'] ?? 0) + 1;
    await table.transact(writesOf(repair, sequence, newId()));
  },
});

const writesOf = (
  { tenantId, module, change, recorded, stands, revision, actor, at, idempotency, alongside = [] }: Repair,
  sequence: number,
  id: string,
): readonly Write[] => {
  const key = counterKey(tenantId, module);
  const facts = { recorded, stands, revision: revision.to };
  return [
    ...(change ? tenantModuleWrites(tenantId, change) : []),
    {
      Update: {
        Key: { pk: `TENANT#${tenantId}`, sk: 'TENANT' },
        UpdateExpression: 'SET revision = :next',
        ConditionExpression: 'revision = :revision',
        ExpressionAttributeValues: { ':next': revision.to, ':revision': revision.from },
      },
    },
    { Put: { Item: { ...key, type: 'RepairCounter', tenantId, module, sequence } } },
    // the event wants its number to be free: of two repairs that saw the same, one is lost
    auditEventPut({ id, sequence, name: 'ModuleRepaired', aggregate: key.pk, tenantId, module, actor, at: at.toISOString(), facts }),
    ...(idempotency ? [idempotencyPut(idempotency, at)] : []),
    ...(alongside as readonly Write[]),
  ];
};
