import { auditEventPut, idempotencyPut } from '../../shared/adapters/audit-item.ts';
import { type Item, type Table, TransactionLost, type Write } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import type { Catalog, CatalogChange } from '../application/ports.ts';
import type { CatalogModule, ModuleVersion } from '../domain/module-version.ts';

export const moduleKey = (module: string) => ({ pk: `MODULE#${module}`, sk: 'MODULE' });
export const versionKey = (module: string, version: string) => ({ pk: `MODULE#${module}`, sk: `VERSION#${version}` });

/** A module's partition holds its events too; `MODULE` to `VERSION#…` leaves them out. */
const partitionItemsMax = 1_000;

/** The catalog in the registry table. */
export const makeDynamoCatalog = (table: Table, newId: NewId): Catalog => ({
  read: async (name) => {
    const items = await table.queryAll(
      {
        KeyConditionExpression: 'pk = :module AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: { ':module': moduleKey(name).pk, ':first': 'MODULE', ':last': 'VERSION#~' },
      },
      partitionItemsMax,
    );
    const module = items.find(({ type }) => type === 'Module');
    return (
      module && { module: catalogModuleOf(module), versions: items.filter(({ type }) => type === 'ModuleVersion').map(moduleVersionOf) }
    );
  },
  list: async (paging) => {
    const { items, ...rest } = await table.query(
      { IndexName: 'gsi1', KeyConditionExpression: 'gsi1pk = :modules', ExpressionAttributeValues: { ':modules': 'MODULES' } },
      paging,
    );
    return { items: items.map(catalogModuleOf), ...rest };
  },
  versions: async (wanted) => {
    if (wanted.length === 0) return [];
    return (await table.batchGet(wanted.map(({ module, version }) => versionKey(module, version)))).map(moduleVersionOf);
  },
  save: (change) => table.transact(changeWrites(change, newId())),
  landlordStands: async (module, migration) => {
    try {
      await table.update({
        Key: moduleKey(module),
        UpdateExpression: 'SET landlordMigration = :migration',
        ConditionExpression: 'landlordMigration < :migration',
        ExpressionAttributeValues: { ':migration': migration },
      });
    } catch (error) {
      // another tenant's install recorded it, or more, before
      if (!(error instanceof TransactionLost)) throw error;
    }
  },
});

const changeWrites = ({ before, module, versions, event, idempotency }: CatalogChange, eventId: string): readonly Write[] => [
  moduleWrite(before, module),
  ...versions.map((version) => ({ Put: { Item: versionItem(version) } })),
  auditEventPut({ ...event, id: eventId, sequence: module.sequence, aggregate: moduleKey(module.name).pk }),
  ...(idempotency ? [idempotencyPut(idempotency, new Date(event.at))] : []),
];

/** Never lowers what is known of the landlord schema: that attribute is written by `landlordStands` alone. */
const moduleWrite = (before: CatalogModule | undefined, { landlordMigration, ...module }: CatalogModule): Write => {
  const Key = moduleKey(module.name);
  if (!before) {
    const Item = { ...Key, type: 'Module', ...module, landlordMigration, gsi1pk: 'MODULES', gsi1sk: module.name };
    return { Put: { Item, ConditionExpression: 'attribute_not_exists(pk)' } };
  }
  const fields = Object.entries(module);
  const nothingPublished = module.newestPublished === undefined ? ' REMOVE newestPublished' : '';
  return {
    Update: {
      Key,
      UpdateExpression: `SET ${fields.map(([name]) => `#${name} = :${name}`).join(', ')}${nothingPublished}`,
      ConditionExpression: '#sequence = :before',
      ExpressionAttributeNames: Object.fromEntries(fields.map(([name]) => [`#${name}`, name])),
      ExpressionAttributeValues: { ':before': before.sequence, ...Object.fromEntries(fields.map(([name, value]) => [`:${name}`, value])) },
    },
  };
};

const versionItem = ({ registeredAt, publishedAt, sunsetAt, ...version }: ModuleVersion): Item => ({
  ...versionKey(version.module, version.version),
  type: 'ModuleVersion',
  ...version,
  registeredAt: registeredAt.toISOString(),
  ...(publishedAt ? { publishedAt: publishedAt.toISOString() } : {}),
  ...(sunsetAt ? { sunsetAt: sunsetAt.toISOString() } : {}),
});

export const catalogModuleOf = (item: Item): CatalogModule => {
  const { name, title, description, subscriptionRequired, serves, migratorArn, landlordMigration, newestPublished, sequence } =
    item as unknown as CatalogModule;
  const module = { name, title, description, subscriptionRequired, serves, migratorArn, landlordMigration, sequence };
  return { ...module, ...(newestPublished === undefined ? {} : { newestPublished }) };
};

export const moduleVersionOf = (item: Item): ModuleVersion => {
  const {
    pk: _pk,
    sk: _sk,
    type: _type,
    registeredAt,
    publishedAt,
    sunsetAt,
    ...version
  } = item as unknown as Omit<ModuleVersion, 'registeredAt' | 'publishedAt' | 'sunsetAt'> & {
    readonly pk: string;
    readonly sk: string;
    readonly type: string;
    readonly registeredAt: string;
    readonly publishedAt?: string;
    readonly sunsetAt?: string;
  };
  return {
    ...version,
    registeredAt: new Date(registeredAt),
    ...(publishedAt ? { publishedAt: new Date(publishedAt) } : {}),
    ...(sunsetAt ? { sunsetAt: new Date(sunsetAt) } : {}),
  };
};
