import { auditEventPut, idempotencyPut } from '../../shared/adapters/audit-item.ts';
import type { Item, Table, Write } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import type { EntitlementStore } from '../application/ports.ts';
import type { Entitlement } from '../domain/entitlement.ts';
import { type EntitlementUse, type UseChange, type UseFacts, useAfter } from '../domain/entitlement-use.ts';

const partition = (tenantId: string): string => `SUBSCRIPTION#${tenantId}`;
export const entitlementKey = (tenantId: string, module: string) => ({ pk: partition(tenantId), sk: `MODULE#${module}` });
const trailKey = (tenantId: string) => ({ pk: partition(tenantId), sk: 'SUBSCRIPTION' });
/** A catalog has about 1,000 modules, each of them with a right and a use; nothing of a tenant's may be cut off. */
const itemsMax = 5_000;
/** DynamoDB takes at most this many writes in one transaction. */
const writesPerRequestMax = 100;

/** A tenant's entitlements and their uses are one partition; an item of its own holds the number of the last event. */
export const makeDynamoEntitlements = (table: Table, newId: NewId): EntitlementStore => ({
  read: async (tenantId) => {
    const items = await itemsBetween(table, tenantId, ['MODULE#', 'USE#~']);
    const trail = items.find(({ type }) => type === 'Subscription');
    return {
      entitlements: items.filter(({ type }) => type === 'Entitlement').map(entitlementOf),
      uses: items.filter(({ type }) => type === 'EntitlementUse').map(useOf),
      sequence: Number(trail?.['sequence'] ?? 0),
    };
  },
  save: async ({ entitlement, sequence, event, actor, at, idempotency }) => {
    const { tenantId, module, since, endedAt, status } = entitlement;
    const dates = { since: since.toISOString(), ...(endedAt ? { endedAt: endedAt.toISOString() } : {}) };
    await table.transact([
      { Put: { Item: { ...entitlementKey(tenantId, module), type: 'Entitlement', tenantId, module, status, ...dates } } },
      { Put: { Item: { ...trailKey(tenantId), type: 'Subscription', tenantId, sequence }, ...after(sequence - 1) } },
      auditEventPut({ id: newId(), sequence, name: event, aggregate: partition(tenantId), tenantId, module, actor, at: at.toISOString() }),
      ...(idempotency ? [idempotencyPut(idempotency, at)] : []),
    ]);
  },
  releaseAll: async (tenantId) => {
    const uses = await itemsBetween(table, tenantId, ['USE#', 'USE#~']);
    for (let first = 0; first < uses.length; first += writesPerRequestMax)
      await table.transact(
        uses.slice(first, first + writesPerRequestMax).map(({ module }) => ({ Delete: { Key: useKey(tenantId, String(module)) } })),
      );
  },
});

const itemsBetween = (table: Table, tenantId: string, [first, last]: readonly [string, string]): Promise<readonly Item[]> =>
  table.queryAll(
    {
      KeyConditionExpression: 'pk = :tenant AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: { ':tenant': partition(tenantId), ':first': first, ':last': last },
    },
    itemsMax,
  );

/** The trail begins with 1; each event follows the one before it. */
const after = (sequence: number) =>
  sequence === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: '#sequence = :before',
        ExpressionAttributeNames: { '#sequence': 'sequence' },
        ExpressionAttributeValues: { ':before': sequence },
      };

const useKey = (tenantId: string, module: string) => ({ pk: partition(tenantId), sk: `USE#${module}` });

/** The write that reserves, captures or releases a use, together with the state of the job that holds the tenant's module. */
export const useWrite = (change: UseChange, facts: UseFacts): Write => {
  const use = useAfter(change, facts);
  const Key = useKey(facts.tenantId, facts.module);
  return use ? { Put: { Item: { ...Key, type: 'EntitlementUse', ...use, since: use.since.toISOString() } } } : { Delete: { Key } };
};

const useOf = (item: Item): EntitlementUse => {
  const { tenantId, module, status, jobId, since } = item as unknown as Omit<EntitlementUse, 'since'> & { readonly since: string };
  return { tenantId, module, status, ...(jobId === undefined ? {} : { jobId }), since: new Date(since) };
};

const entitlementOf = (item: Item): Entitlement => {
  const { tenantId, module, status, since, endedAt } = item as unknown as Omit<Entitlement, 'since' | 'endedAt'> & {
    readonly since: string;
    readonly endedAt?: string;
  };
  return { tenantId, module, status, since: new Date(since), ...(endedAt ? { endedAt: new Date(endedAt) } : {}) };
};
