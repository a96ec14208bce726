import type { Database } from '../application/database.ts';
import { sqlStateOf } from './sql-state.ts';

/** Where a cluster's log and clock stand: what point-in-time recovery is told. */
export const momentOf = async (database: Database): Promise<{ readonly at: Date; readonly lsn?: string }> => {
  const { rows } = await database.query({
    sql: 'SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) AS at',
    parameters: [],
  });
  const lsn = await logPosition(database);
  return { at: new Date(Number(rows[0]?.['at'])), ...(lsn === undefined ? {} : { lsn }) };
};

/** feature_not_supported (so says Aurora), insufficient_privilege, undefined_function, object_not_in_prerequisite_state (a reader) */
const untold: ReadonlySet<string | undefined> = new Set(['0A000', '42501', '42883', '55000']);

/** Some clusters do not tell; the time is enough to recover to. */
const logPosition = async (database: Database): Promise<string | undefined> => {
  try {
    const { rows } = await database.query({ sql: 'SELECT pg_current_wal_lsn()::text AS lsn', parameters: [] });
    return String(rows[0]?.['lsn']);
  } catch (error) {
    if (untold.has(sqlStateOf(error))) return undefined;
    throw error;
  }
};
