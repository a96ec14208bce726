import type { Item, Table, Write } from '../../shared/adapters/dynamo-table.ts';
import type { TenantStore } from '../application/ports.ts';
import type { Provisioned } from '../application/provisioning.ts';
import type { Tenant, TenantStatus } from '../domain/tenant.ts';

const tenantKey = (tenantId: string) => ({ pk: `TENANT#${tenantId}`, sk: 'TENANT' });
const slugKey = (slug: string) => ({ pk: `SLUG#${slug}`, sk: 'SLUG' });

/** Tenants in the registry table. A slug's item is never deleted, so a slug is never reused. */
export const makeDynamoTenants = (table: Table): TenantStore => ({
  get: async (tenantId) => {
    const item = await table.get(tenantKey(tenantId));
    return item && tenantOf(item);
  },
  idOf: async (slug) => {
    const item = await table.get(slugKey(slug));
    return typeof item?.['tenantId'] === 'string' ? item['tenantId'] : undefined;
  },
  list: async (paging) => {
    const { items, ...rest } = await table.query(
      { IndexName: 'gsi1', KeyConditionExpression: 'gsi1pk = :tenants', ExpressionAttributeValues: { ':tenants': 'TENANTS' } },
      paging,
    );
    return { items: items.map(tenantOf), ...rest };
  },
});

/** The writes that store a new tenant and reserve its slug. They lose when the slug is taken. */
export const newTenantWrites = (tenant: Tenant): readonly Write[] => {
  const { createdAt, ...plain } = tenant;
  const item = {
    ...tenantKey(tenant.id),
    type: 'Tenant',
    ...plain,
    createdAt: createdAt.toISOString(),
    gsi1pk: 'TENANTS',
    gsi1sk: tenant.slug,
  };
  return [
    {
      Put: { Item: { ...slugKey(tenant.slug), type: 'TenantSlug', tenantId: tenant.id }, ConditionExpression: 'attribute_not_exists(pk)' },
    },
    { Put: { Item: item, ConditionExpression: 'attribute_not_exists(pk)' } },
  ];
};

/** The write that goes with the end of provisioning: the tenant is active with its secrets, or failed. */
export const provisionedWrite = (tenantId: string, status: TenantStatus, secrets?: Provisioned): Write => ({
  Update: {
    Key: tenantKey(tenantId),
    UpdateExpression: secrets ? 'SET #status = :status, ownerSecretArn = :owner, appSecretArn = :app' : 'SET #status = :status',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ':status': status,
      ...(secrets ? { ':owner': secrets.ownerSecretArn, ':app': secrets.appSecretArn } : {}),
    },
  },
});

const tenantOf = (item: Item): Tenant => {
  const { id, slug, name, status, plan, revision, clusterArn, database, ownerSecretArn, appSecretArn, createdAt } = item as unknown as Omit<
    Tenant,
    'createdAt'
  > & { readonly createdAt: string };
  return {
    ...{ id, slug, name, status, plan, revision, clusterArn, database },
    createdAt: new Date(createdAt),
    ...(ownerSecretArn ? { ownerSecretArn } : {}),
    ...(appSecretArn ? { appSecretArn } : {}),
  };
};
