import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { Contended, Defect, Malformed, Unavailable } from '../domain/errors.ts';
import { isBrieflyAbsent, nameOf } from './brief-absence.ts';

export type Item = Readonly<Record<string, unknown>>;
export interface Key {
  readonly pk: string;
  readonly sk: string;
}
export interface Page {
  readonly items: readonly Item[];
  readonly cursor?: string;
}
export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
type Unnamed<T> = Omit<T, 'TableName'>;

/** One write of a transaction, without the table's name. */
export type Write =
  | { readonly Put: Unnamed<NonNullable<TransactItem['Put']>> }
  | { readonly Update: Unnamed<NonNullable<TransactItem['Update']>> }
  | { readonly Delete: Unnamed<NonNullable<TransactItem['Delete']>> }
  | { readonly ConditionCheck: Unnamed<NonNullable<TransactItem['ConditionCheck']>> };

/** The registry's one table. Reads are consistent unless they use an index. */
export interface Table {
  readonly get: (key: Key) => Promise<Item | undefined>;
  /** At most 100 keys; absent items are left out. */
  readonly batchGet: (keys: readonly Key[]) => Promise<readonly Item[]>;
  readonly query: (input: Unnamed<QueryCommandInput>, page: { readonly limit: number; readonly cursor?: string }) => Promise<Page>;
  /** Every item of a query that has at most `itemsMax`; rejects with `Defect` when there are more, rather than leave some out. */
  readonly queryAll: (input: Unnamed<QueryCommandInput>, itemsMax: number) => Promise<readonly Item[]>;
  /** Conditional; rejects with `Contended` when the condition does not hold. */
  readonly update: (input: Unnamed<UpdateCommandInput>) => Promise<void>;
  /** All or nothing; rejects with `Contended` when any condition does not hold, naming which in `lost`. */
  readonly transact: (writes: readonly Write[]) => Promise<void>;
}

/** A transaction lost to another writer: the indexes of the writes whose conditions did not hold. */
export class TransactionLost extends Contended {
  readonly lost: readonly number[];
  constructor(lost: readonly number[], options?: ErrorOptions) {
    super(`another request changed this first (conditions ${lost.join(', ')})`, options);
    this.lost = lost;
  }
}

const triesMax = 5;
const itemsPerQueryMax = 100;
/** DynamoDB's limit of one BatchGetItem. */
const keysPerRequestMax = 100;

export const makeTable = (client: DynamoDBDocumentClient, tableName: string): Table => {
  const TableName = tableName;
  return {
    get: async (Key) => (await translated(() => client.send(new GetCommand({ TableName, Key, ConsistentRead: true })))).Item,
    batchGet: async (keys) => {
      const items: Item[] = [];
      for (let first = 0; first < keys.length; first += keysPerRequestMax)
        items.push(...(await batchGet(client, tableName, keys.slice(first, first + keysPerRequestMax))));
      return items;
    },
    query: (input, page) => query(client, { TableName, ...input }, page),
    queryAll: (input, itemsMax) => queryAll(client, { TableName, ...input }, itemsMax),
    update: async (input) => {
      await translated(() => client.send(new UpdateCommand({ TableName, ...input })));
    },
    transact: async (writes) => {
      const TransactItems = writes.map((write) => withTable(write, tableName));
      // one token for all tries: a transaction that took effect while its answer was lost is not lost to itself
      const ClientRequestToken = randomUUID();
      await translated(() => client.send(new TransactWriteCommand({ TransactItems, ClientRequestToken })));
    },
  };
};

const withTable = (write: Write, TableName: string): TransactItem => {
  if ('Put' in write) return { Put: { ...write.Put, TableName } };
  if ('Update' in write) return { Update: { ...write.Update, TableName } };
  if ('Delete' in write) return { Delete: { ...write.Delete, TableName } };
  return { ConditionCheck: { ...write.ConditionCheck, TableName } };
};

const query = async (
  client: DynamoDBDocumentClient,
  input: QueryCommandInput,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Page> => {
  const start = cursor === undefined ? {} : { ExclusiveStartKey: decodeCursor(cursor) };
  const Limit = Math.min(limit, itemsPerQueryMax);
  const command = new QueryCommand({ ConsistentRead: input.IndexName === undefined, ...input, ...start, Limit });
  const answer = await translated(() => client.send(command)).catch((error: unknown) => {
    // the query is ours, so the start that does not fit it is the caller's
    throw cursor !== undefined && error instanceof Defect && error.facts['awsError'] === 'ValidationException' ? notACursor(error) : error;
  });
  return { items: answer.Items ?? [], ...(answer.LastEvaluatedKey ? { cursor: encodeCursor(answer.LastEvaluatedKey) } : {}) };
};

const queryAll = async (client: DynamoDBDocumentClient, input: QueryCommandInput, itemsMax: number): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const command = new QueryCommand({
      ConsistentRead: input.IndexName === undefined,
      ...input,
      ...(start ? { ExclusiveStartKey: start } : {}),
    });
    const answer = await translated(() => client.send(command));
    items.push(...(answer.Items ?? []));
    if (items.length > itemsMax) throw new Defect(`a query has more than the ${itemsMax} items it may have`, { itemsMax });
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
};

const batchGet = async (client: DynamoDBDocumentClient, tableName: string, keys: readonly Key[]): Promise<readonly Item[]> => {
  const items: Item[] = [];
  let Keys: readonly Record<string, unknown>[] = keys.map(({ pk, sk }) => ({ pk, sk }));
  for (let round = 0; Keys.length > 0; round += 1) {
    if (round === triesMax) throw new Unavailable(`the table left ${Keys.length} of ${keys.length} items unread`);
    if (round > 0) await sleep(backoffMs(round));
    const answer = await translated(() =>
      client.send(new BatchGetCommand({ RequestItems: { [tableName]: { Keys: [...Keys], ConsistentRead: true } } })),
    );
    items.push(...(answer.Responses?.[tableName] ?? []));
    Keys = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
  }
  return items;
};

/** Retries what DynamoDB says may be retried, a bounded number of times, and translates the rest once. */
const translated = async <T>(send: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const verdict = judge(error);
      if (verdict instanceof Error) throw verdict;
      if (attempt === triesMax) throw givenUp(verdict, error);
      await sleep(backoffMs(attempt));
    }
  }
};

const givenUp = (verdict: 'contended' | 'busy', cause: unknown): Error =>
  verdict === 'contended'
    ? new Contended('other requests kept writing the same items', { cause })
    : new Unavailable('the registry table is too busy', 2, { cause });

const backoffMs = (attempt: number): number => Math.random() * 20 * 2 ** attempt;

/** In DynamoDB's own words; what every service says is in brief-absence.ts. */
const busy = new Set(['TransactionInProgressException', 'ProvisionedThroughputExceededException']);
const busyReasons = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded']);

/** Whether to try again, since others write the same items or the table is busy; or else what to reject with. */
const judge = (error: unknown): 'contended' | 'busy' | Error => {
  const name = nameOf(error);
  if (name === 'ConditionalCheckFailedException') return new TransactionLost([0], { cause: error });
  if (name === 'TransactionConflictException') return 'contended';
  if (name === 'TransactionCanceledException') return judgeCancelled(error as Cancelled);
  if (busy.has(name) || isBrieflyAbsent(error)) return 'busy';
  return new Defect(`the registry table refused the call: ${name}`, { awsError: name }, { cause: error });
};

interface Cancelled {
  readonly CancellationReasons?: readonly CancellationReason[];
}

const judgeCancelled = (error: Cancelled): 'contended' | 'busy' | Error => {
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
  const lost = codes.flatMap((code, index) => (code === 'ConditionalCheckFailed' ? [index] : []));
  if (lost.length > 0) return new TransactionLost(lost, { cause: error });
  if (codes.includes('TransactionConflict')) return 'contended';
  if (codes.some((code) => busyReasons.has(code))) return 'busy';
  return new Defect(`the registry table refused the transaction: ${codes.join(', ')}`, { codes }, { cause: error });
};

/** Opaque to callers: the key after which the next page begins. */
const encodeCursor = (key: Item): string => Buffer.from(JSON.stringify(key)).toString('base64url');

const decodeCursor = (cursor: string): Record<string, unknown> => {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (typeof key === 'object' && key !== null && 'pk' in key && 'sk' in key) return key as Record<string, unknown>;
  } catch (error) {
    throw notACursor(error);
  }
  throw notACursor();
};

const notACursor = (cause?: unknown): Malformed =>
  new Malformed(
    'this cursor is not one that a list answered',
    [{ field: 'cursor', message: 'pass the cursor of the previous page unchanged' }],
    { cause },
  );
