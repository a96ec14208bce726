import { Client, type ClientBase, type ClientConfig, Pool } from 'pg';
import { translateDataApiError } from '../../contexts/shared/adapters/data-api-errors.ts';
import type { Database, Queryable, Statement } from '../../contexts/shared/application/database.ts';

/** The `Database` port over plain pg: a connection for each statement or transaction, and the same errors. */
export const makePgDatabase = (config: ClientConfig): Database => databaseOver((work) => connected(config, work));

/** The same over a few connections that are kept, for tests of many statements; `close` ends them. */
export const openPgDatabase = (config: ClientConfig): { readonly database: Database; readonly close: () => Promise<void> } => {
  const pool = new Pool({ ...config, max: 4 });
  pool.on('error', () => undefined);
  const borrowed: Connect = async (work) => {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  };
  return { database: databaseOver(borrowed), close: () => pool.end() };
};

type Connect = <T>(work: (client: ClientBase) => Promise<T>) => Promise<T>;

const databaseOver = (connect: Connect): Database => ({
  query: (statement) => connect((client) => run(client, statement)),
  transaction: (work) =>
    connect(async (client) => {
      await client.query('BEGIN');
      const transaction: Queryable = { query: (statement) => run(client, statement) };
      try {
        const answer = await work(transaction);
        await client.query('COMMIT');
        return answer;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    }),
});

const connected = async <T>(config: ClientConfig, work: (client: ClientBase) => Promise<T>): Promise<T> => {
  const client = new Client(config);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const run: (client: ClientBase, statement: Statement) => ReturnType<Queryable['query']> = async (client, { sql, parameters }) => {
  try {
    const { rows, rowCount, command } = await client.query(sql, parameters.map(toPg));
    return { rows, affected: command === 'SELECT' ? 0 : (rowCount ?? 0) };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    throw translateDataApiError(code === undefined ? error : new Error(`ERROR: ${message}; SQLState: ${code}`, { cause: error }));
  }
};

/** pg would send an array as a PostgreSQL array; the Data API knows none, so here too it is JSON. */
const toPg = (value: unknown): unknown => (Array.isArray(value) ? JSON.stringify(value) : value);
