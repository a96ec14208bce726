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
import { Contended, Malformed, Unavailable } from '../domain/errors.ts';

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

export const makeTable = (client: DynamoDBDocumentClient, tableName: string): Table => {
  const TableName = tableName;
  return {
    get: async (Key) => (await translated(() => client.send(new GetCommand({ TableName, Key, ConsistentRead: true })))).Item,
    batchGet: (keys) => batchGet(client, tableName, keys),
    query: async (input, { limit, cursor }) => {
      const start = cursor === undefined ? {} : { ExclusiveStartKey: decodeCursor(cursor) };
      const command = new QueryCommand({
        TableName,
        ConsistentRead: input.IndexName === undefined,
        ...input,
        ...start,
        Limit: Math.min(limit, itemsPerQueryMax),
      });
      const answer = await translated(() => client.send(command)).catch((error: unknown) => {
        // the query is ours, so the start that does not fit it is the caller's
        throw cursor !== undefined && error instanceof Error && error.name === 'ValidationException' ? notACursor(error) : error;
      });
      return { items: answer.Items ?? [], ...(answer.LastEvaluatedKey ? { cursor: encodeCursor(answer.LastEvaluatedKey) } : {}) };
    },
    update: async (input) => {
      await translated(() => client.send(new UpdateCommand({ TableName, ...input })));
    },
    transact: async (writes) => {
      const TransactItems = writes.map((write) => withTable(write, tableName));
      await translated(() => client.send(new TransactWriteCommand({ TransactItems })));
    },
  };
};

const withTable = (write: Write, TableName: string): TransactItem => {
  if ('Put' in write) return { Put: { ...write.Put, TableName } };
  if ('Update' in write) return { Update: { ...write.Update, TableName } };
  if ('Delete' in write) return { Delete: { ...write.Delete, TableName } };
  return { ConditionCheck: { ...write.ConditionCheck, TableName } };
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
      if (verdict === 'again' && attempt < triesMax) await sleep(backoffMs(attempt));
      else if (verdict === 'again') throw new Unavailable('the registry table is too busy', 2, { cause: error });
      else throw verdict;
    }
  }
};

const backoffMs = (attempt: number): number => Math.random() * 20 * 2 ** attempt;

const transient = new Set([
  'TransactionConflictException',
  'TransactionInProgressException',
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'InternalServerError',
  'ServiceUnavailable',
  'TimeoutError',
  'ECONNRESET',
  'ECONNREFUSED',
]);
const transientReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

const judge = (error: unknown): 'again' | Error => {
  if (!(error instanceof Error)) return new Unavailable(`the registry table failed: ${String(error)}`);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (error.name === 'ConditionalCheckFailedException') return new TransactionLost([0], { cause: error });
  if (error.name === 'TransactionCanceledException') {
    const reasons = (error as Error & { CancellationReasons?: readonly CancellationReason[] }).CancellationReasons ?? [];
    const lost = reasons.flatMap(({ Code }, index) => (Code === 'ConditionalCheckFailed' ? [index] : []));
    if (lost.length > 0) return new TransactionLost(lost, { cause: error });
    return reasons.some(({ Code }) => Code !== undefined && transientReasons.has(Code)) ? 'again' : error;
  }
  return transient.has(error.name) || transient.has(code) ? 'again' : error;
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
