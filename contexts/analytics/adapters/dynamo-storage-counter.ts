import type { Item, Table, Write } from '../../shared/adapters/dynamo-table.ts';
import { Defect } from '../../shared/domain/errors.ts';
import type { StorageCounter, TenantStorage } from '../application/ports.ts';

const storageKey = (tenantId: string) => ({ pk: `STORAGE#${tenantId}`, sk: 'STORAGE' });
const tallies = 'TALLY#STORAGE';
const modulesMax = 5_000;

export const makeDynamoStorageCounter = (table: Table): StorageCounter => ({
  storageOf: async (tenantId) => {
    const item = await table.get(storageKey(tenantId));
    return item && storageOf(item);
  },
  countStorage: ({ before, after, moves }) => table.transact([storageWrite(before, after), ...moves.map(moveWrite)]),
  bytesByModule: async () => {
    const query = { KeyConditionExpression: 'pk = :tallies', ExpressionAttributeValues: { ':tallies': tallies } };
    const items = await table.queryAll(query, modulesMax);
    return items.map(({ sk, bytes }) => ({ module: String(sk), bytes: Number(bytes) })).filter(({ bytes }) => bytes > 0);
  },
});

const storageWrite = (before: TenantStorage | undefined, after: TenantStorage | undefined): Write => {
  const asSeen = before
    ? { ConditionExpression: 'measuredAt = :before', ExpressionAttributeValues: { ':before': before.measuredAt.toISOString() } }
    : { ConditionExpression: 'attribute_not_exists(pk)' };
  if (after) {
    const { tenantId, measuredAt, byModule } = after;
    const item = { ...storageKey(tenantId), type: 'TenantStorage', tenantId, measuredAt: measuredAt.toISOString(), byModule };
    return { Put: { Item: item, ...asSeen } };
  }
  if (before) return { Delete: { Key: storageKey(before.tenantId), ...asSeen } };
  throw new Defect('a change of storage has neither a before nor an after');
};

const moveWrite = ({ module, by }: { readonly module: string; readonly by: number }): Write => ({
  Update: {
    Key: { pk: tallies, sk: module },
    UpdateExpression: 'SET #type = :type ADD bytes :by',
    ExpressionAttributeNames: { '#type': 'type' },
    ExpressionAttributeValues: { ':type': 'Tally', ':by': by },
  },
});

const storageOf = (item: Item): TenantStorage => {
  const { tenantId, measuredAt, byModule } = item as unknown as Omit<TenantStorage, 'measuredAt'> & { readonly measuredAt: string };
  return { tenantId, byModule, measuredAt: new Date(measuredAt) };
};
