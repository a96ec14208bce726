import type { Queryable } from '../application/database.ts';
import { ledgerTable } from '../application/schema-statements.ts';
import { Refused } from '../domain/errors.ts';
import { identifier } from './sql-identifier.ts';

/** The fence of one module in a tenant's database, as an attempt holds it. */
export interface FenceHeld {
  readonly module: string;
  /** The attempt's token: lower ones than the database has seen are refused. */
  readonly fence: number;
}

export interface PassedFence {
  /** Whether the module's ledger is there. */
  readonly exists: boolean;
  /** The job that last did to the module what cannot be undone. */
  readonly committedBy?: string;
}

/**
 * The first statement of every change, and the transaction's settings with it, in one call. A lock is waited for 5 s; a
 * dead worker's transaction frees its own after 10 s; a statement ends before the Data API's 45 s; and what names no
 * schema is not found rather than put into the wrong one.
 */
const fenceSql = `
WITH settings AS MATERIALIZED (
  SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '40s', true),
    set_config('idle_in_transaction_session_timeout', '10s', true), set_config('search_path', '', true)
)
UPDATE platform.fence SET token = $2 FROM settings WHERE module = $1 AND token <= $2
RETURNING to_regclass($3) IS NOT NULL AS exists, committed_by`;

/** Undefined where a newer attempt was there, or the fence is gone. */
export const tryFence = async (transaction: Queryable, { module, fence }: FenceHeld): Promise<PassedFence | undefined> => {
  const { rows } = await transaction.query({ sql: fenceSql, parameters: [module, fence, identifier(module, ledgerTable)] });
  const [row] = rows;
  if (row === undefined) return undefined;
  const committedBy = row['committed_by'];
  return { exists: row['exists'] === true, ...(typeof committedBy === 'string' ? { committedBy } : {}) };
};

/** Rejects with Refused `superseded` where `tryFence` would answer nothing. */
export const passFence = async (transaction: Queryable, held: FenceHeld): Promise<PassedFence> => {
  const passed = await tryFence(transaction, held);
  if (passed === undefined) throw superseded(held.module);
  return passed;
};

export const noteCommitted = async (transaction: Queryable, module: string, job: string): Promise<void> => {
  await transaction.query({ sql: 'UPDATE platform.fence SET committed_by = $2 WHERE module = $1', parameters: [module, job] });
};

export const isFenced = async (transaction: Queryable, module: string): Promise<boolean> => {
  const sql = 'SELECT EXISTS (SELECT 1 FROM platform.fence WHERE module = $1) AS fenced';
  const { rows } = await transaction.query({ sql, parameters: [module] });
  return rows[0]?.['fenced'] === true;
};

export const highestFence = async (queryable: Queryable): Promise<number> => {
  const sql = `
    SELECT greatest(0, (SELECT max(token) FROM platform.fence),
      (SELECT max(CAST(value AS bigint)) FROM platform.past_fences, jsonb_each_text(tokens))) AS highest`;
  const { rows } = await queryable.query({ sql, parameters: [] });
  return Number(rows[0]?.['highest'] ?? 0);
};

/** The row goes, as before the install; its token stays known, or an old worker could raise a fence that nobody takes away. */
export const forgetFence = async (transaction: Queryable, module: string): Promise<void> => {
  const sql = `
    WITH gone AS (DELETE FROM platform.fence WHERE module = $1 RETURNING module, token)
    UPDATE platform.past_fences SET tokens = tokens || jsonb_build_object(gone.module, gone.token) FROM gone`;
  await transaction.query({ sql, parameters: [module] });
};

export const superseded = (module: string): Refused =>
  new Refused({
    kind: 'conflict',
    reason: 'superseded',
    message: `a newer attempt is at work on ${module}, or the fence it began with is gone: this one stops`,
    facts: { module },
  });
