import { auditEventPut, idempotencyPut } from '../../shared/adapters/audit-item.ts';
import type { Table, Write } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import type { ConfigurationChange, ConfigurationStore } from '../application/configuration-ports.ts';
import { configurationPartition, entryOf, entryPrefix, entryPut } from './configuration-items.ts';
import { tenantModuleKey } from './job-items.ts';

const counterKey = (tenantId: string, module: string) => ({ pk: configurationPartition(tenantId, module), sk: 'CONFIGURATION' });

/** The tenant module has its configuration; an item of its own holds the number of the last change, and so of the last event. */
export const makeDynamoConfigurations = (table: Table, newId: NewId): ConfigurationStore => ({
  changes: async (tenantId, module) => Number((await table.get(counterKey(tenantId, module)))?.['sequence'] ?? 0),
  save: async (change) => table.transact(writesOf(change, newId)),
  history: async (tenantId, module, paging) => {
    const { items, ...rest } = await table.query(
      {
        KeyConditionExpression: 'pk = :of AND begins_with(sk, :entry)',
        ExpressionAttributeValues: { ':of': configurationPartition(tenantId, module), ':entry': entryPrefix },
        ScanIndexForward: false,
      },
      paging,
    );
    return { items: items.map(entryOf), ...rest };
  },
});

const writesOf = ({ before, after, changes, fields, actor, at, idempotency }: ConfigurationChange, newId: NewId): readonly Write[] => {
  const { tenantId, module, version } = before;
  const sequence = changes + 1;
  const event = { id: newId(), sequence, name: 'ModuleConfigured', aggregate: configurationPartition(tenantId, module) };
  return [
    moduleWrite(before, after),
    // a plan that was made of what stood before is made anew
    {
      Update: {
        Key: { pk: `TENANT#${tenantId}`, sk: 'TENANT' },
        UpdateExpression: 'SET revision = revision + :one',
        ConditionExpression: '#status = :active',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':active': 'active', ':one': 1 },
      },
    },
    { Put: { Item: { ...counterKey(tenantId, module), type: 'ConfigurationCounter', tenantId, module, sequence } } },
    // the event wants its number to be free: of two changes that saw the same, one is lost
    auditEventPut({ ...event, tenantId, module, actor, at: at.toISOString(), facts: { version, fields } }),
    entryPut(before, event.id, { at, actor, fields }),
    ...(idempotency ? [idempotencyPut(idempotency, at)] : []),
  ];
};

/** Whatever else changes a configuration is a job, which leaves another `installedBy` or version, or none. */
const moduleWrite = (
  { tenantId, module, version, installedBy }: ConfigurationChange['before'],
  after: ConfigurationChange['after'],
): Write => ({
  Update: {
    Key: tenantModuleKey(tenantId, module),
    UpdateExpression: `SET configuration = :configuration${after.secrets ? ', secrets = :secrets' : ' REMOVE secrets'}`,
    ConditionExpression: `#status = :active AND version = :version AND ${installedBy === undefined ? 'attribute_not_exists(installedBy)' : 'installedBy = :by'}`,
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ':active': 'Active',
      ':version': version,
      ':configuration': after.configuration,
      ...(installedBy === undefined ? {} : { ':by': installedBy }),
      ...(after.secrets ? { ':secrets': after.secrets } : {}),
    },
  },
});
