import { auditEventPut, idempotencyPut } from '../../shared/adapters/audit-item.ts';
import { type Item, type Table, TransactionLost, type Write } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import type { TenantStore } from '../application/ports.ts';
import type { MeasuredStorage, Tenant, TenantStatus } from '../domain/tenant.ts';

const tenantKey = (tenantId: string) => ({ pk: `TENANT#${tenantId}`, sk: 'TENANT' });
const slugKey = (slug: string) => ({ pk: `SLUG#${slug}`, sk: 'SLUG' });

/** Tenants in the registry table. A slug's item is never deleted, so a slug is never reused. */
export const makeDynamoTenants = (table: Table, newId: NewId): TenantStore => ({
  get: async (tenantId) => {
    const item = await table.get(tenantKey(tenantId));
    return item && tenantOf(item);
  },
  idOf: async (slug) => {
    const item = await table.get(slugKey(slug));
    return typeof item?.['tenantId'] === 'string' ? item['tenantId'] : undefined;
  },
  changeStatus: async ({ tenant, status, event, actor, at, idempotency }) => {
    const sequence = tenant.sequence + 1;
    const facts = { name: event, tenantId: tenant.id, actor, at: at.toISOString(), from: tenant.status, to: status };
    await table.transact([
      tenantStatusWrite(tenant.id, status, { set: { sequence }, asRead: tenant }),
      auditEventPut({ id: newId(), sequence, aggregate: tenantKey(tenant.id).pk, ...facts }),
      ...(idempotency ? [idempotencyPut(idempotency, at)] : []),
    ]);
  },
  changePlan: async ({ tenant, plan, actor, at, idempotency }) => {
    const sequence = tenant.sequence + 1;
    const facts = { name: 'TenantPlanChanged', tenantId: tenant.id, actor, at: at.toISOString(), from: tenant.plan, to: plan };
    await table.transact([
      tenantStatusWrite(tenant.id, tenant.status, { set: { sequence, plan }, asRead: tenant }),
      auditEventPut({ id: newId(), sequence, aggregate: tenantKey(tenant.id).pk, ...facts }),
      ...(idempotency ? [idempotencyPut(idempotency, at)] : []),
    ]);
  },
  measured: async (tenantId, { measuredAt, ...measured }) => {
    try {
      await table.update({
        Key: tenantKey(tenantId),
        UpdateExpression: 'SET #storage = :storage',
        ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(#storage) OR #storage.measuredAt < :at)',
        ExpressionAttributeNames: { '#storage': 'storage' },
        ExpressionAttributeValues: { ':storage': { ...measured, measuredAt: measuredAt.toISOString() }, ':at': measuredAt.toISOString() },
      });
    } catch (error) {
      // a later measurement stands already, or the tenant is gone: either way there is nothing to remember
      if (!(error instanceof TransactionLost)) throw error;
    }
  },
  dueForPurge: async (at, limit) => {
    const { items } = await table.query(
      {
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :archived AND gsi1sk <= :at',
        ExpressionAttributeValues: { ':archived': 'ARCHIVED', ':at': at.toISOString() },
      },
      { limit },
    );
    return items.map(({ tenantId }) => String(tenantId));
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

/** What else a change of status stores or forgets. */
export interface StatusDetails {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
  /** The tenant as it was read; the write loses when it is another. Its revision is raised by one. */
  readonly asRead?: Pick<Tenant, 'status' | 'revision'>;
}

/** The write that gives a tenant another status, together with the state of the job that does. */
export const tenantStatusWrite = (tenantId: string, status: TenantStatus, { set = {}, remove = [], asRead }: StatusDetails = {}): Write => {
  const changed = { status, ...set, ...(asRead ? { revision: asRead.revision + 1 } : {}) };
  return {
    Update: {
      Key: tenantKey(tenantId),
      UpdateExpression: [
        `SET ${Object.keys(changed)
          .map((name) => `#${name} = :${name}`)
          .join(', ')}`,
        ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
      ].join(' '),
      ConditionExpression: asRead ? '#status = :wasStatus AND #revision = :wasRevision' : 'attribute_exists(pk)',
      ExpressionAttributeNames: Object.fromEntries(Object.keys(changed).map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.entries(changed).map(([name, value]) => [`:${name}`, value])),
        ...(asRead ? { ':wasStatus': asRead.status, ':wasRevision': asRead.revision } : {}),
      },
    },
  };
};

/** The write that makes a tenant again what it was before its deprovisioning began. */
export const previousStatusWrite = (tenantId: string): Write => ({
  Update: {
    Key: tenantKey(tenantId),
    UpdateExpression: 'SET #status = previousStatus REMOVE previousStatus, jobId',
    ConditionExpression: 'attribute_exists(previousStatus)',
    ExpressionAttributeNames: { '#status': 'status' },
  },
});

const archiveKey = (tenantId: string) => ({ pk: `TENANT#${tenantId}`, sk: 'ARCHIVE' });

/** An archive has an item of its own, by which those are found whose time has come. */
export const archiveWrite = (tenantId: string, dropAfter: Date | undefined): Write =>
  dropAfter === undefined
    ? { Delete: { Key: archiveKey(tenantId) } }
    : { Put: { Item: { ...archiveKey(tenantId), type: 'Archive', tenantId, gsi1pk: 'ARCHIVED', gsi1sk: dropAfter.toISOString() } } };

const tenantOf = (item: Item): Tenant => {
  const { id, slug, name, status, plan, revision, clusterArn, database, createdAt, ...optional } = item as unknown as Stored;
  const { ownerSecretArn, appSecretArn, previousStatus, jobId, dropAfter, storage, sequence = 0 } = optional;
  return {
    ...{ id, slug, name, status, plan, revision, clusterArn, database, sequence },
    createdAt: new Date(createdAt),
    ...(ownerSecretArn ? { ownerSecretArn } : {}),
    ...(appSecretArn ? { appSecretArn } : {}),
    ...(previousStatus ? { previousStatus } : {}),
    ...(jobId ? { jobId } : {}),
    ...(dropAfter ? { dropAfter: new Date(dropAfter) } : {}),
    ...(storage ? { storage: { ...storage, measuredAt: new Date(storage.measuredAt) } } : {}),
  };
};

type Stored = Omit<Tenant, 'createdAt' | 'dropAfter' | 'sequence' | 'storage'> & {
  readonly createdAt: string;
  readonly dropAfter?: string;
  readonly storage?: Omit<MeasuredStorage, 'measuredAt'> & { readonly measuredAt: string };
  readonly sequence?: number;
};
