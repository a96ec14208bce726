import type { Database } from '../application/database.ts';
import { exactRowCounts } from './schema-fingerprint.ts';
import { sqlStateOf } from './sql-state.ts';

export interface CountedRows {
  /** `schema.table` → rows. */
  readonly counts: Readonly<Record<string, number>>;
  /** The planner's numbers. */
  readonly estimated?: true;
}

/** query_canceled: what `statement_timeout` ends. */
const tookTooLong = '57014';

/** Exact where that takes no longer than so long: a table may be as large as it likes, and its module still be upgraded. */
export const countRows = async (database: Database, schema: string, withinMs = 10_000): Promise<CountedRows> => {
  try {
    const counts = await database.transaction(async (transaction) => {
      await transaction.query({ sql: `SELECT set_config('statement_timeout', $1, true)`, parameters: [`${withinMs}ms`] });
      return exactRowCounts(transaction, [schema]);
    });
    return { counts };
  } catch (error) {
    if (sqlStateOf(error) !== tookTooLong) throw error;
    const { rows } = await database.query({ sql: estimatesSql, parameters: [schema] });
    return { counts: Object.fromEntries(rows.map((r) => [`${schema}.${String(r['name'])}`, Number(r['rows'])])), estimated: true };
  }
};

/** -1 says that nobody has looked yet. */
const estimatesSql = `
  SELECT c.relname::text AS name, CAST(greatest(c.reltuples, 0) AS bigint) AS rows
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY 1`;
