import * as z from 'zod';
import type { LocalClock } from './clock.ts';
import { type ConnectionPool, type ConnectionPoolOptions, type ConnectionTarget, makeConnectionPool } from './connection-pool.ts';
import { AwsError, authorize, type Caller, type Service, type ServiceAnswer, unknownOperation } from './gateway.ts';
import { leavesTraces, runStatement, type Statement, type StatementResult, translateConnectError } from './rds-data-statement.ts';
import { makeTransactions, type Transactions } from './rds-data-transactions.ts';
import { columnTypeOf, ResultSetOptions, SqlParameter, toField } from './rds-data-values.ts';
import type { SecretStore } from './secret-store.ts';
import { readSecret } from './secrets-manager.ts';

/**
 * The RDS Data API over PostgreSQL, as strict as the service: what it would refuse there is refused here. The role and
 * the password are those of the secret, which the caller must be allowed to read.
 */

export interface RdsDataOptions {
  /** By cluster ARN, where its server is. */
  readonly clusters: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  readonly secrets: SecretStore;
  readonly clock: Pick<LocalClock, 'now'>;
  readonly pool?: ConnectionPoolOptions;
  /** The service's 45 s; tests wait less. */
  readonly statementMilliseconds?: number;
}

export interface RdsData extends Service {
  /** Rolls back what is open and closes every connection. */
  readonly close: () => Promise<void>;
}

const Arn = z.string().min(11).max(100);
const Scope = { resourceArn: Arn, secretArn: z.string().min(11).max(300) };
const Database = z.string().max(64).optional();
const Sql = z.string().min(1).max(65_536);
const Parameters = z.array(SqlParameter).default([]);
const TransactionId = z.string().max(192);

const Inputs = {
  ExecuteStatement: z.strictObject({
    ...Scope,
    database: Database,
    sql: Sql,
    parameters: Parameters,
    transactionId: TransactionId.optional(),
    includeResultMetadata: z.boolean().default(false),
    continueAfterTimeout: z.boolean().default(false),
    resultSetOptions: ResultSetOptions.prefault({}),
    formatRecordsAs: z.enum(['NONE', 'JSON']).default('NONE'),
  }),
  BatchExecuteStatement: z.strictObject({
    ...Scope,
    database: Database,
    sql: Sql,
    parameterSets: z.array(Parameters).default([]),
    transactionId: TransactionId.optional(),
  }),
  BeginTransaction: z.strictObject({ ...Scope, database: Database }),
  CommitTransaction: z.strictObject({ ...Scope, transactionId: TransactionId }),
  RollbackTransaction: z.strictObject({ ...Scope, transactionId: TransactionId }),
} as const;

type Operation = keyof typeof Inputs;
type Input<O extends Operation> = z.infer<(typeof Inputs)[O]>;

const paths: Readonly<Record<string, Operation>> = {
  '/Execute': 'ExecuteStatement',
  '/BatchExecute': 'BatchExecuteStatement',
  '/BeginTransaction': 'BeginTransaction',
  '/CommitTransaction': 'CommitTransaction',
  '/RollbackTransaction': 'RollbackTransaction',
};

const requestBytesMax = 4 * 1024 * 1024;
const resultBytesMax = 1024 * 1024;
const rowBytesMax = 64 * 1024;
const formattedBytesMax = 10 * 1024 * 1024;
const statementMillisecondsMax = 45_000;

const badRequest = (message: string): AwsError => new AwsError('BadRequestException', message);
const tooLarge = (): AwsError => badRequest('Database returned more than the allowed response size limit');

const Secret = z.object({ username: z.string().min(1), password: z.string() });

const parseSecret = (value: string): z.infer<typeof Secret> => {
  try {
    return Secret.parse(JSON.parse(value));
  } catch {
    throw new AwsError('InvalidSecretException', 'The secret is not JSON with a username and a password');
  }
};

const controlsTransaction = /^\s*(begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i;

const toAnswer = ({ columns, rows, affected }: StatementResult, input: Input<'ExecuteStatement'>): unknown => {
  if (columns.length === 0) return { numberOfRecordsUpdated: affected, generatedFields: [] };
  const types = columns.map(({ dataTypeID, name }) => columnTypeOf(dataTypeID, name));
  const metadata = columns.map(({ name }, index) => ({
    name,
    label: name,
    typeName: types[index]?.name,
    type: types[index]?.jdbc,
    nullable: 1,
  }));
  const about = { numberOfRecordsUpdated: 0, generatedFields: [], ...(input.includeResultMetadata ? { columnMetadata: metadata } : {}) };
  let bytes = 0;
  const records = rows.map((row) => {
    const record = row.map((text, index) => toField(text, types[index] ?? columnTypeOf(0, ''), input.resultSetOptions));
    const size = Buffer.byteLength(JSON.stringify(record));
    bytes += size;
    if (size > rowBytesMax || (input.formatRecordsAs === 'NONE' && bytes > resultBytesMax)) throw tooLarge();
    return record;
  });
  if (input.formatRecordsAs === 'NONE') return { ...about, records };
  const plain = (field: Readonly<Record<string, unknown>>): unknown => (field['isNull'] === true ? null : Object.values(field)[0]);
  const formatted = JSON.stringify(records.map((record) => Object.fromEntries(record.map((field, i) => [columns[i]?.name, plain(field)]))));
  if (Buffer.byteLength(formatted) > formattedBytesMax) throw tooLarge();
  return { ...about, formattedRecords: formatted };
};

interface Parts extends RdsDataOptions {
  readonly connections: ConnectionPool;
  readonly transactions: Transactions;
}

interface Named {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database?: string | undefined;
}

const resolveTarget = (
  { clusters, secrets }: RdsDataOptions,
  caller: Caller,
  { resourceArn, secretArn, database }: Named,
): ConnectionTarget => {
  const cluster = clusters.get(resourceArn);
  if (!cluster) throw new AwsError('DatabaseNotFoundException', `The cluster ${resourceArn} doesn't exist`, { status: 404 });
  if (database === undefined) throw badRequest('Database name is not provided');
  const { username: user, password } = parseSecret(readSecret(secrets, caller, secretArn).value);
  return { ...cluster, database, user, password };
};

const runAlone = async ({ connections }: Parts, target: ConnectionTarget, statement: Statement): Promise<StatementResult> => {
  const lease = await connections.lease(target).catch((error: unknown) => Promise.reject(translateConnectError(error)));
  const { answer, settled } = runStatement(lease, target, statement);
  void settled.then(() => lease.release(leavesTraces(statement.sql) ? 'dirty' : 'clean'));
  return answer;
};

const run = (
  parts: Parts,
  caller: Caller,
  named: Named & { readonly transactionId?: string | undefined },
  statement: Statement,
): Promise<StatementResult> => {
  if (controlsTransaction.test(statement.sql))
    throw badRequest('Transaction control statements are not supported: use BeginTransaction and the like');
  const { transactionId, resourceArn, secretArn, database } = named;
  if (transactionId === undefined) return runAlone(parts, resolveTarget(parts, caller, named), statement);
  readSecret(parts.secrets, caller, secretArn);
  return parts.transactions.run(transactionId, { resourceArn, secretArn, ...(database === undefined ? {} : { database }) }, statement);
};

type Handlers = { readonly [O in Operation]: (input: Input<O>, caller: Caller) => Promise<unknown> };

const makeHandlers = (parts: Parts): Handlers => {
  const { transactions, statementMilliseconds: timeoutMilliseconds = statementMillisecondsMax } = parts;
  const end = async ({ resourceArn, secretArn, transactionId }: Input<'CommitTransaction'>, caller: Caller, how: 'COMMIT' | 'ROLLBACK') => {
    readSecret(parts.secrets, caller, secretArn);
    await transactions.end(transactionId, { resourceArn, secretArn }, how);
    return { transactionStatus: how === 'COMMIT' ? 'Transaction Committed' : 'Rollback Complete' };
  };
  return {
    ExecuteStatement: async (input, caller) => {
      const { sql, parameters, continueAfterTimeout } = input;
      return toAnswer(await run(parts, caller, input, { sql, parameters, timeoutMilliseconds, continueAfterTimeout }), input);
    },
    BatchExecuteStatement: async (input, caller) => {
      const sets = input.parameterSets.length > 0 ? input.parameterSets : [[]];
      for (const parameters of sets)
        await run(parts, caller, input, { sql: input.sql, parameters, timeoutMilliseconds, continueAfterTimeout: false });
      return { updateResults: sets.map(() => ({ generatedFields: [] })) };
    },
    BeginTransaction: async ({ resourceArn, secretArn, database = '' }, caller) => {
      const target = resolveTarget(parts, caller, { resourceArn, secretArn, database: database === '' ? undefined : database });
      return { transactionId: await transactions.begin({ resourceArn, secretArn, database }, target) };
    },
    CommitTransaction: (input, caller) => end(input, caller, 'COMMIT'),
    RollbackTransaction: (input, caller) => end(input, caller, 'ROLLBACK'),
  };
};

const parseInput = (operation: Operation, input: unknown): unknown => {
  const parsed = Inputs[operation].safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AwsError('ValidationException', z.prettifyError(parsed.error));
};

export const makeRdsData = (options: RdsDataOptions): RdsData => {
  const pool = makeConnectionPool(options.pool);
  const transactions = makeTransactions(pool, options.clock);
  const handlers = makeHandlers({ ...options, connections: pool, transactions });
  return {
    name: 'rds-data',
    protocol: 'rest-json',
    operationOf: ({ path }) => paths[path] ?? path,
    handle: async ({ operation: name, input, caller, raw }): Promise<ServiceAnswer> => {
      if (!Object.hasOwn(Inputs, name)) throw unknownOperation(name);
      if (raw.body.length > requestBytesMax) throw badRequest('The request is larger than 4 MiB');
      const operation = name as Operation;
      const parsed = parseInput(operation, input);
      authorize(caller, `rds-data:${operation}`, (parsed as { readonly resourceArn: string }).resourceArn, { status: 403 });
      const handle = handlers[operation] as (input: unknown, caller: Caller) => Promise<unknown>;
      return { output: await handle(parsed, caller) };
    },
    close: async () => {
      await transactions.close();
      await pool.close();
    },
  };
};
