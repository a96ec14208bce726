import type { Item, Table } from '../../shared/adapters/dynamo-table.ts';
import { Defect } from '../../shared/domain/errors.ts';
import type { TenantFacts, TenantModules, WorkFactsReader } from '../application/ports.ts';
import { catalogModuleOf, moduleKey, moduleVersionOf, versionKey } from './dynamo-catalog.ts';
import { archivesKey, tenantModuleKey, tenantModuleOf } from './job-items.ts';

const tenantKey = (tenantId: string) => ({ pk: `TENANT#${tenantId}`, sk: 'TENANT' });
const modulesPerTenantMax = 1_000;
/** DynamoDB takes at most this many writes in one transaction. */
const writesPerRequestMax = 100;

/** A tenant's partition: its modules and its own item, which sort between `MODULE#` and `TENANT`. */
export const makeDynamoTenantModules = (table: Table): TenantModules => ({
  forget: async (tenantId) => {
    const modules = (await partitionOf(table, tenantId)).filter(({ type }) => type === 'TenantModule');
    for (let first = 0; first < modules.length; first += writesPerRequestMax)
      await table.transact(
        modules
          .slice(first, first + writesPerRequestMax)
          .map(({ module }) => ({ Delete: { Key: tenantModuleKey(tenantId, String(module)) } })),
      );
  },
  read: async (tenantId) => {
    const items = await partitionOf(table, tenantId);
    const tenant = items.find(({ type }) => type === 'Tenant');
    return tenant && { tenant: tenantFactsOf(tenant), modules: items.filter(({ type }) => type === 'TenantModule').map(tenantModuleOf) };
  },
  dueForPurge: async (at, limit) => {
    const { items } = await table.query(
      {
        IndexName: 'gsi2',
        KeyConditionExpression: 'gsi2pk = :archives AND gsi2sk <= :at',
        ExpressionAttributeValues: {
          ':archives': archivesKey,
          // the instant itself too: what follows it in the key sorts before the tilde
          ':at': `${at.toISOString()}~`,
        },
      },
      { limit },
    );
    return items.map(tenantModuleOf);
  },
});

const partitionOf = (table: Table, tenantId: string): Promise<readonly Item[]> =>
  table.queryAll(
    {
      KeyConditionExpression: 'pk = :tenant AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: {
        ':tenant': tenantKey(tenantId).pk,
        ':first': tenantModuleKey(tenantId, '').sk,
        ':last': tenantKey(tenantId).sk,
      },
    },
    modulesPerTenantMax,
  );

/** Tenant, modules and versions of a job in one BatchGetItem. */
export const makeDynamoWorkFacts = (table: Table): WorkFactsReader => ({
  read: async (tenantId, wanted) => {
    const keys = wanted.flatMap(({ module, version }) => [moduleKey(module), versionKey(module, version)]);
    const items = await table.batchGet([tenantKey(tenantId), ...keys]);
    const find = (key: { readonly pk: string; readonly sk: string }): Item | undefined =>
      items.find(({ pk, sk }) => pk === key.pk && sk === key.sk);
    const tenant = find(tenantKey(tenantId));
    if (!tenant) throw new Defect(`there is no tenant ${tenantId}`);
    const versions = wanted.flatMap(({ module, version }) => {
      const moduleItem = find(moduleKey(module));
      const versionItem = find(versionKey(module, version));
      return moduleItem && versionItem ? [{ module: catalogModuleOf(moduleItem), version: moduleVersionOf(versionItem) }] : [];
    });
    return { tenant: tenantFactsOf(tenant), versions };
  },
});

const tenantFactsOf = (item: Item): TenantFacts => {
  const text = (name: string): string => {
    const value = item[name];
    if (typeof value !== 'string') throw new Defect(`tenant ${String(item['id'])} has no ${name}`);
    return value;
  };
  const id = text('id');
  const slug = text('slug');
  return {
    id,
    slug,
    status: text('status'),
    revision: Number(item['revision']),
    plan: text('plan'),
    storageBytes: Number((item['storage'] as Item | undefined)?.['bytes'] ?? 0),
    target: {
      tenantId: id,
      slug,
      database: text('database'),
      clusterArn: text('clusterArn'),
      ownerSecretArn: typeof item['ownerSecretArn'] === 'string' ? item['ownerSecretArn'] : '',
    },
  };
};
