import { AwsError, unknownOperation } from './gateway.ts';

/** Which rights a DynamoDB request needs: the service's actions, on tables and indexes. */

export interface Access {
  readonly action: string;
  readonly resource: string;
  /** Of an item, its partition key, where that is called `pk` and is a string; of anything else none is known. */
  readonly leadingKeys?: readonly string[];
}

type Input = Readonly<Record<string, unknown>>;

const prefix = 'arn:aws:dynamodb:us-east-1:000000000000:';

/** Requests name a table by its name or by its ARN. */
const tableArn = (table: unknown): string => {
  const name = String(table);
  return `${prefix}table/${name.startsWith('arn:') ? name.slice(name.indexOf(':table/') + ':table/'.length) : name}`;
};

const access = (operation: string, table: unknown, index?: unknown): Access => ({
  action: `dynamodb:${operation}`,
  resource: index === undefined ? tableArn(table) : `${tableArn(table)}/index/${String(index)}`,
});

/** The item that a request names by its key, or brings. */
const ofItem = (operation: string, { TableName, Key, Item }: Input): Access => {
  const leading = ((Key ?? Item) as Readonly<Record<string, { readonly S?: unknown }>> | undefined)?.['pk']?.S;
  return { ...access(operation, TableName), ...(typeof leading === 'string' ? { leadingKeys: [leading] } : {}) };
};

const listOf = (value: unknown): readonly Input[] => (Array.isArray(value) ? (value as Input[]) : []);

const transactionActions: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

const ofTransaction = (items: unknown): readonly Access[] =>
  listOf(items).flatMap((item) =>
    Object.entries(item as Readonly<Record<string, Input>>).map(([kind, write]) => {
      const action = transactionActions[kind];
      if (action === undefined) throw new AwsError('ValidationException', `a transaction knows no ${kind}`);
      return ofItem(action, write);
    }),
  );

const partiqlActions: Readonly<Record<string, string>> = {
  SELECT: 'PartiQLSelect',
  EXISTS: 'PartiQLSelect',
  INSERT: 'PartiQLInsert',
  UPDATE: 'PartiQLUpdate',
  DELETE: 'PartiQLDelete',
};
const partiql = /^\s*(SELECT|EXISTS|INSERT|UPDATE|DELETE)\b(?:.*?\b(?:FROM|INTO))?\s*"?([\w.-]+?)"?(?:\."?([\w.-]+?)"?)?(?:\s|$)/is;

const ofStatement = ({ Statement }: Input): Access => {
  const [, verb = '', table = '', index] = partiql.exec(String(Statement)) ?? [];
  const action = partiqlActions[verb.toUpperCase()];
  if (action === undefined || table === '') throw new AwsError('ValidationException', "Statement wasn't well formed, can't be processed");
  return access(action, table, index);
};

const ofBatch = (operation: string, tables: unknown): readonly Access[] =>
  Object.keys((tables ?? {}) as Input).map((table) => access(operation, table));

type AccessesOf = (input: Input, operation: string) => readonly Access[];

const onItem: AccessesOf = (input, operation) => [ofItem(operation, input)];
const onTable: AccessesOf = ({ TableName }, operation) => [access(operation, TableName)];
const onTableOrIndex: AccessesOf = ({ TableName, IndexName }, operation) => [access(operation, TableName, IndexName)];
const onStream: AccessesOf = ({ StreamArn }, operation) => [
  { action: `dynamodb:${operation}`, resource: String(StreamArn).replace(/^arn:aws:dynamodb:[^:]*:[^:]*:/, prefix) },
];

const operations: Readonly<Record<string, AccessesOf>> = {
  GetItem: onItem,
  PutItem: onItem,
  UpdateItem: onItem,
  DeleteItem: onItem,
  Query: onTableOrIndex,
  Scan: onTableOrIndex,
  BatchGetItem: ({ RequestItems }, operation) => ofBatch(operation, RequestItems),
  BatchWriteItem: ({ RequestItems }, operation) => ofBatch(operation, RequestItems),
  TransactGetItems: ({ TransactItems }) => ofTransaction(TransactItems),
  TransactWriteItems: ({ TransactItems }) => ofTransaction(TransactItems),
  ExecuteStatement: (input) => [ofStatement(input)],
  BatchExecuteStatement: ({ Statements }) => listOf(Statements).map(ofStatement),
  ExecuteTransaction: ({ TransactStatements }) => listOf(TransactStatements).map(ofStatement),
  CreateTable: onTable,
  UpdateTable: onTable,
  DeleteTable: onTable,
  DescribeTable: onTable,
  DescribeTimeToLive: onTable,
  UpdateTimeToLive: onTable,
  DescribeContinuousBackups: onTable,
  ListTables: (_, operation) => [{ action: `dynamodb:${operation}`, resource: '*' }],
};

/** GetRecords names no stream: whoever holds an iterator was let in when it was given. */
const streamOperations: Readonly<Record<string, AccessesOf>> = {
  DescribeStream: onStream,
  GetShardIterator: onStream,
  GetRecords: () => [],
  ListStreams: (_, operation) => [{ action: `dynamodb:${operation}`, resource: '*' }],
};

const find = (known: Readonly<Record<string, AccessesOf>>, operation: string, input: Input): readonly Access[] => {
  const accessesOf = Object.hasOwn(known, operation) ? known[operation] : undefined;
  if (!accessesOf) throw unknownOperation(operation);
  return accessesOf(input, operation);
};

export const accessesOf = (operation: string, input: Input): readonly Access[] => find(operations, operation, input);
export const streamAccessesOf = (operation: string, input: Input): readonly Access[] => find(streamOperations, operation, input);
