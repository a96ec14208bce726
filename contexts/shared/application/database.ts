import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { Defect } from '../domain/errors.ts';

/**
 * One statement; parameters stand in it as `$1`, `$2` … as Kysely writes them. A string is sent as text: where the column
 * is neither text nor varchar (uuid, enum, inet), cast it in the SQL. Dates, bigints and objects (as jsonb) are cast for you.
 */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Outside a transaction only: the server goes on when the caller's 45 s are over. For building an index. */
  readonly continueAfterTimeout?: boolean;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Result {
  readonly rows: readonly Row[];
  /** Rows written; 0 for a statement that writes none. */
  readonly affected: number;
}

/** Runs one statement. Rejects with Contended, Unavailable, or Defect with `facts.sqlState`; never with row data. */
export interface Queryable {
  readonly query: (statement: Statement) => Promise<Result>;
}

/**
 * One tenant's database, or the landlord's. A transaction commits when `work` resolves and every statement in it succeeded,
 * and is rolled back otherwise. A commit whose answer was lost rejects with Unavailable: read before repeating.
 */
export interface Database extends Queryable {
  readonly transaction: <T>(work: (transaction: Queryable) => Promise<T>) => Promise<T>;
}

/** Tables whose row types nobody declared: migrations and seeds, which must not change when the application's types do. */
export type Tables = Record<string, Record<string, unknown>>;

/** Kysely as SQL builder over anything that runs a statement. Transactions are opened with `Database.transaction`. */
export const kyselyOver = <Schema = Tables>(queryable: Queryable): Kysely<Schema> =>
  new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driverOver(queryable),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });

/** Asked nothing, answers nothing: for SQL that is only built. */
export const nowhere: Queryable = { query: async () => ({ rows: [], affected: 0 }) };

const driverOver = (queryable: Queryable): Driver => ({
  init: async () => undefined,
  acquireConnection: async () => connectionOver(queryable),
  releaseConnection: async () => undefined,
  destroy: async () => undefined,
  beginTransaction: refuseTransactions,
  commitTransaction: refuseTransactions,
  rollbackTransaction: refuseTransactions,
});

const connectionOver = (queryable: Queryable): DatabaseConnection => ({
  executeQuery: async <R>(compiled: CompiledQuery): Promise<QueryResult<R>> => {
    const { rows, affected } = await queryable.query({ sql: compiled.sql, parameters: compiled.parameters });
    return { rows: rows as R[], numAffectedRows: BigInt(affected) };
  },
  // biome-ignore lint/correctness/useYield: the Data API has no cursors to stream from
  streamQuery: async function* () {
    throw new Defect('the Data API cannot stream: page with a key and a limit');
  },
});

const refuseTransactions = async (): Promise<void> => {
  throw new Defect('open transactions with Database.transaction, not with Kysely');
};
