import type { RDSDataClient, RDSDataClientConfig } from '@aws-sdk/client-rds-data';
import {
  BeginTransactionCommand,
  RDSDataClient as Client,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
} from '@aws-sdk/client-rds-data';
import type { Database, Queryable, Result, Statement } from '../application/database.ts';
import { translateDataApiError } from './data-api-errors.ts';
import { toDataApi, toRow } from './data-api-values.ts';

export interface DataApiTarget {
  readonly client: RDSDataClient;
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/**
 * A client that never repeats by itself: a CREATE TABLE that took effect and lost its answer would fail on the second try.
 * Whoever owns the whole transaction repeats it. A statement has 45 s at the service; 50 s later nobody answers any more.
 */
export const makeDataApiClient = (config: RDSDataClientConfig = {}): RDSDataClient =>
  new Client({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 50_000, throwOnRequestTimeout: true },
    ...config,
  });

/** A database over the RDS Data API: every statement is one HTTPS call, a transaction two more; nothing stays connected. */
export const makeDataApiDatabase = (target: DataApiTarget): Database => ({
  query: (statement) => execute(target, statement),
  transaction: (work) => inTransaction(target, work),
});

const inTransaction = async <T>(target: DataApiTarget, work: (transaction: Queryable) => Promise<T>): Promise<T> => {
  const { client, resourceArn, secretArn, database } = target;
  const begun = await send(() => client.send(new BeginTransactionCommand({ resourceArn, secretArn, database })));
  const transactionId = begun.transactionId;
  const transaction = oneAtATime((statement) => execute(target, statement, transactionId));
  try {
    const answer = await work(transaction);
    await transaction.sound();
    await send(() => client.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId })));
    return answer;
  } catch (error) {
    // It may have ended already (a lost answer to the commit, an expiry): then there is nothing to roll back.
    await client.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId })).catch(() => undefined);
    throw error;
  }
};

/**
 * The service refuses parallel statements on one transaction, so they queue. And a failed statement dooms the transaction:
 * PostgreSQL would answer COMMIT with a silent rollback, so `sound` rejects even if `work` swallowed the error.
 */
const oneAtATime = (run: (statement: Statement) => Promise<Result>): Queryable & { readonly sound: () => Promise<void> } => {
  let last: Promise<unknown> = Promise.resolve();
  const query = (statement: Statement): Promise<Result> => {
    const next = last.then(() => run(statement));
    last = next;
    next.catch(() => undefined);
    return next;
  };
  return { query, sound: async () => void (await last) };
};

const execute = async (target: DataApiTarget, statement: Statement, transactionId?: string): Promise<Result> => {
  const { client, resourceArn, secretArn, database } = target;
  const answer = await send(() =>
    client.send(
      new ExecuteStatementCommand({
        resourceArn,
        secretArn,
        database,
        ...toDataApi(statement),
        ...(transactionId === undefined ? {} : { transactionId }),
        includeResultMetadata: true,
        resultSetOptions: { longReturnType: 'STRING', decimalReturnType: 'STRING' },
        ...(statement.continueAfterTimeout === true ? { continueAfterTimeout: true } : {}),
      }),
    ),
  );
  const columns = answer.columnMetadata ?? [];
  return { rows: (answer.records ?? []).map((record) => toRow(record, columns)), affected: answer.numberOfRecordsUpdated ?? 0 };
};

const send = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw translateDataApiError(error);
  }
};
