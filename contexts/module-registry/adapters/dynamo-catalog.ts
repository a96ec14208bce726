import { auditEventPut, idempotencyPut } from '../../shared/adapters/audit-item.ts';
import { type Item, type Table, TransactionLost, type Write } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import type { Catalog, CatalogChange, OfferedModule } from '../application/ports.ts';
import type { CatalogModule, ModuleVersion, OfferedVersion } from '../domain/module-version.ts';

export const moduleKey = (module: string) => ({ pk: `MODULE#${module}`, sk: 'MODULE' });
export const versionKey = (module: string, version: string) => ({ pk: `MODULE#${module}`, sk: `VERSION#${version}` });

/** A module's partition holds its events too; `MODULE` to `VERSION#…` leaves them out. */
const partitionItemsMax = 1_000;

/** The catalog in the registry table. */
export const makeDynamoCatalog = (table: Table, newId: NewId): Catalog => ({
  read: (name) => readModule(table, name),
  list: async (paging) => {
    const { items, ...rest } = await table.query(
      { IndexName: 'gsi1', KeyConditionExpression: 'gsi1pk = :modules', ExpressionAttributeValues: { ':modules': 'MODULES' } },
      paging,
    );
    return { items: items.map(catalogModuleOf), ...rest };
  },
  shelf: async (paging) => {
    const { items, ...rest } = await table.query(
      { IndexName: 'gsi1', KeyConditionExpression: 'gsi1pk = :modules', ExpressionAttributeValues: { ':modules': 'MODULES' } },
      paging,
    );
    return { items: await offeredAll(table, items), ...rest };
  },
  offered: async (names) => (names.length === 0 ? [] : offeredAll(table, await table.batchGet(names.map(moduleKey)))),
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

const readModule = async (table: Table, name: string): ReturnType<Catalog['read']> => {
  const items = await table.queryAll(
    {
      KeyConditionExpression: 'pk = :module AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: { ':module': moduleKey(name).pk, ':first': 'MODULE', ':last': 'VERSION#~' },
    },
    partitionItemsMax,
  );
  const module = items.find(({ type }) => type === 'Module');
  return module && { module: catalogModuleOf(module), versions: items.filter(({ type }) => type === 'ModuleVersion').map(moduleVersionOf) };
};

const changeWrites = ({ before, module, versions, others, event, idempotency }: CatalogChange, eventId: string): readonly Write[] => [
  moduleWrite(before, { ...module, offers: [...others, ...versions].map(offerItem) }),
  ...versions.map((version) => ({ Put: { Item: versionItem(version) } })),
  auditEventPut({ ...event, id: eventId, sequence: module.sequence, aggregate: moduleKey(module.name).pk }),
  ...(idempotency ? [idempotencyPut(idempotency, new Date(event.at))] : []),
];

/** Never lowers what is known of the landlord schema: that attribute is written by `landlordStands` alone. */
const moduleWrite = (
  before: CatalogModule | undefined,
  { landlordMigration, ...module }: CatalogModule & { readonly offers: readonly Item[] },
): Write => {
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

/** What of a version stands with its module, so that a page of modules needs no look at each. */
const offerItem = ({ version, status, sunsetAt, dependencies }: ModuleVersion): Item => ({
  ...{ version, status, dependencies },
  ...(sunsetAt ? { sunsetAt: sunsetAt.toISOString() } : {}),
});

interface StoredOffers {
  readonly offers: readonly (Omit<OfferedVersion, 'module' | 'sunsetAt'> & { readonly sunsetAt?: string })[];
}

const hasOffers = (item: Item): item is Item & StoredOffers => Array.isArray(item['offers']);

/** A module that was last changed before its offers stood with it is read by itself. */
const offeredAll = async (table: Table, items: readonly Item[]): Promise<readonly OfferedModule[]> => {
  const all = await Promise.all(items.map((item) => (hasOffers(item) ? offeredOf(item) : readModule(table, String(item['name'])))));
  return all.flatMap((offered) => offered ?? []);
};

const offeredOf = (item: Item & StoredOffers): OfferedModule => {
  const module = catalogModuleOf(item);
  const versions = item.offers.map(({ sunsetAt, ...offer }) => ({
    ...{ module: module.name, ...offer },
    ...(sunsetAt ? { sunsetAt: new Date(sunsetAt) } : {}),
  }));
  return { module, versions };
};

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
