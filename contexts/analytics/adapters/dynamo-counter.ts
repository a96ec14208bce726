import { shardOf, shards } from '../../shared/adapters/audit-item.ts';
import type { Item, Key, Table, Write } from '../../shared/adapters/dynamo-table.ts';
import type { Counted, Counter, Counting, Counts, ModuleOfTenant, Period, StandingChange } from '../application/ports.ts';
import type { Standing, Tally, TallyName } from '../domain/tally.ts';
import { makeReadShards } from './read-shards.ts';

/** How the counting stands in the table: see docs/data-model.md. */

/** Longer than the stream and its queue keep an event. */
const countedDays = 30;
const daySeconds = 86_400;
const itemsMax = 100_000;
const separator = '#';

const countedKey = (eventId: string): Key => ({ pk: `COUNTED#${eventId}`, sk: 'COUNTED' });
const standingPartition = (module: string, shard: number): string => `STANDING#${module}#${shard}`;
const standingKey = ({ tenantId, module }: ModuleOfTenant): Key => ({ pk: standingPartition(module, shardOf(tenantId)), sk: tenantId });

export const makeDynamoCounter = (table: Table): Counter => ({
  known: async ({ events, modules }) => {
    const items = await table.batchGet([...events.map(countedKey), ...modules.map(standingKey)]);
    return {
      events: new Set(items.flatMap(({ type, eventId }) => (type === 'Counted' ? [String(eventId)] : []))),
      standings: items.filter(({ type }) => type === 'Standing').map(standingOf),
    };
  },
  count: (counting) => table.transact(writesOf(counting)),
});

const writesOf = ({ events, standings, tallies, at }: Counting): readonly Write[] => {
  const expiresAt = Math.floor(at.getTime() / 1000) + countedDays * daySeconds;
  return [
    ...events.map((eventId) => ({
      Put: { Item: { ...countedKey(eventId), type: 'Counted', eventId, expiresAt }, ConditionExpression: 'attribute_not_exists(pk)' },
    })),
    ...standings.flatMap(standingWrites),
    ...tallies.map(tallyWrite),
  ];
};

/** `mark` is what a change is conditional on: how the tenant module was seen last. */
const markOf = ({ status, version }: Standing): string => `${status}${separator}${version ?? ''}`;

const standingWrites = ({ before, after }: StandingChange): readonly Write[] => {
  const one = after ?? before;
  if (one === undefined) return [];
  const asSeen = before
    ? { ConditionExpression: 'mark = :mark', ExpressionAttributeValues: { ':mark': markOf(before) } }
    : { ConditionExpression: 'attribute_not_exists(pk)' };
  if (!after) return [{ Delete: { Key: standingKey(one), ...asSeen } }];
  return [{ Put: { Item: { ...standingKey(after), type: 'Standing', ...after, mark: markOf(after) }, ...asSeen } }];
};

const standingOf = (item: Item): Standing => {
  const { tenantId, module, version, status } = item as unknown as Standing;
  return { tenantId, module, version, status };
};

const partitions = { day: 'TALLY#DAY', reason: 'TALLY#REASON', fleet: 'FLEET' } as const;

const tallyKey = (name: TallyName): Key => {
  switch (name.of) {
    case 'day':
      return { pk: partitions.day, sk: [name.day, name.module, name.flow, name.outcome].join(separator) };
    case 'reason':
      return { pk: partitions.reason, sk: [name.day, name.flow, name.reason].join(separator) };
    case 'fleet':
      return { pk: partitions.fleet, sk: [name.module, name.version ?? '', name.status].join(separator) };
  }
};

/** The name's parts stand as attributes too, so that nobody has to take a key apart. */
const tallyWrite = ({ name, by }: Tally): Write => {
  const parts = Object.entries({ ...name, type: 'Tally' });
  return {
    Update: {
      Key: tallyKey(name),
      UpdateExpression: `SET ${parts.map(([part]) => `#${part} = :${part}`).join(', ')} ADD #count :by`,
      ExpressionAttributeNames: { '#count': 'count', ...Object.fromEntries(parts.map(([part]) => [`#${part}`, part])) },
      ExpressionAttributeValues: { ':by': by, ...Object.fromEntries(parts.map(([part, value]) => [`:${part}`, value])) },
    },
  };
};

export const makeDynamoCounts = (table: Table): Counts => {
  const ofPeriod = async (pk: string, { from, to }: Period): Promise<readonly Item[]> =>
    table.queryAll(
      {
        KeyConditionExpression: 'pk = :tallies AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':tallies': pk, ':from': from, ':to': `${to}${separator}~` },
      },
      itemsMax,
    );
  const standings = makeReadShards(table, shards);
  return {
    days: async (period) => (await ofPeriod(partitions.day, period)).map(countedOf<'day'>),
    reasons: async (period) => (await ofPeriod(partitions.reason, period)).map(countedOf<'reason'>),
    fleet: async () => {
      const query = { KeyConditionExpression: 'pk = :fleet', ExpressionAttributeValues: { ':fleet': partitions.fleet } };
      return (await table.queryAll(query, itemsMax)).map(countedOf<'fleet'>).filter(({ count }) => count > 0);
    },
    standings: async (module, only, paging) => {
      const { items, ...rest } = await standings((shard) => standingPartition(module, shard), only, paging);
      return { items: items.map(standingOf), ...rest };
    },
  };
};

const countedOf = <Of extends TallyName['of']>({ pk: _pk, sk: _sk, type: _type, ...counted }: Item): Counted<Of> =>
  counted as unknown as Counted<Of>;
