import type { Database, Queryable } from '../application/database.ts';
import { buildIndex, dropIndex } from '../application/dry-run.ts';
import type { ConcurrentIndex } from '../application/migration.ts';
import type { ConcurrentIndexes } from '../application/module-schema.ts';
import { Defect, Unavailable } from '../domain/errors.ts';
import { readMark } from './module-ledger.ts';
import { identifier } from './sql-identifier.ts';

/** Indexes of a module's schema, built outside a transaction; the server goes on when the Data API's 45 s are over. */
export const concurrentIndexes = (database: Database, module: string): ConcurrentIndexes => ({
  state: async ({ name }) => {
    const { rows } = await database.query({ sql: stateSql, parameters: [module, name] });
    const found = rows[0];
    if (found === undefined) return 'absent';
    if (found['building'] === true) return 'building';
    return found['valid'] === true ? 'valid' : 'invalid';
  },
  build: async (index) => {
    try {
      await database.query({ ...buildIndex(module, index), continueAfterTimeout: true });
    } catch (error) {
      if (!isAnswerOfWaiting(error)) throw error;
    }
  },
  drop: async (index) => {
    await database.query({ ...dropIndex(module, index), continueAfterTimeout: true });
  },
  stop: (index) => stop(database, module, index),
  dropStray: (index, entry) =>
    database.transaction(async (transaction) => {
      await transaction.query({ sql: lockFenceSql, parameters: [module] });
      if ((await readMark(transaction, module, entry)) !== undefined) return;
      await stop(transaction, module, index);
      await transaction.query({ sql: `DROP INDEX IF EXISTS ${identifier(module, index.name)}`, parameters: [] });
    }),
});

const stop = async (queryable: Queryable, module: string, index: ConcurrentIndex): Promise<void> => {
  await queryable.query({ sql: stopSql, parameters: [buildIndex(module, index).sql] });
};

/** Nobody changes the ledger while the row is held, so nobody begins to want the index. Where it is gone, so is the schema. */
const lockFenceSql = `
  WITH settings AS MATERIALIZED (SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '40s', true))
  SELECT fence.module FROM platform.fence AS fence, settings WHERE fence.module = $1 FOR UPDATE OF fence`;

const stateSql = `
  SELECT i.indisvalid AS valid,
    EXISTS (SELECT 1 FROM pg_catalog.pg_stat_progress_create_index p WHERE p.datname = current_database() AND p.index_relid = c.oid) AS building
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
  WHERE n.nspname = $1 AND c.relname = $2`;

/** Found by its statement, since one that waits for its table is not in the catalog yet; PostgreSQL keeps the first 1,024 bytes of it. */
const stopSql = `
  SELECT pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity
  WHERE datname = current_database() AND usename = current_user AND state = 'active' AND pid <> pg_backend_pid()
    AND query LIKE 'create %' AND starts_with($1, query)`;

/** The time of the call was up, or another call had begun it: the next look at its state says how far it is. */
const isAnswerOfWaiting = (error: unknown): boolean =>
  (error instanceof Unavailable && (error.cause as { name?: unknown } | undefined)?.name === 'StatementTimeoutException') ||
  (error instanceof Defect && error.facts['sqlState'] === '42P07');
