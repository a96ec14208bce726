import type { Queryable, Row } from '../application/database.ts';
import type { LedgerEntry, SchemaChange } from '../application/module-schema.ts';
import { Defect } from '../domain/errors.ts';
import { identifier, literal } from './sql-identifier.ts';

/** Begins with `_`, which no table of a module may, so it is in nobody's way. */
export const ledgerTable = '_ledger';

/** PL/pgSQL, to stand in a DO block: one call instead of many. */
export const createLedger = (module: string): string => `
  CREATE TABLE ${identifier(module, ledgerTable)} (
    entry text PRIMARY KEY,
    number integer UNIQUE,
    version text NOT NULL,
    kind text NOT NULL,
    checksum text NOT NULL,
    job text NOT NULL,
    attempt integer NOT NULL,
    applied boolean NOT NULL,
    cursor jsonb,
    at timestamptz NOT NULL DEFAULT now()
  );
  COMMENT ON TABLE ${identifier(module, ledgerTable)} IS ${literal('what stands in this schema, and which job put it there')};`;

export const readLedger = async (queryable: Queryable, module: string): Promise<readonly LedgerEntry[]> => {
  const sql = `SELECT entry, number, version, kind, checksum, job, attempt, applied, cursor FROM ${identifier(module, ledgerTable)} ORDER BY number`;
  const { rows } = await queryable.query({ sql, parameters: [] });
  return rows.map(toEntry);
};

/** The half of a change that is the ledger. */
export const ledgerChange = (transaction: Queryable, module: string): Pick<SchemaChange, 'record' | 'forget'> => ({
  record: async (entry) => {
    const { rows } = await transaction.query({
      sql: `INSERT INTO ${identifier(module, ledgerTable)} AS l (entry, number, version, kind, checksum, job, attempt, applied, cursor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (entry) DO UPDATE SET job = excluded.job, attempt = excluded.attempt, applied = excluded.applied,
          cursor = excluded.cursor, at = now()
        WHERE NOT l.applied
        RETURNING entry`,
      parameters: [
        entry.entry,
        entry.number,
        entry.version,
        entry.kind,
        entry.checksum,
        entry.job,
        entry.attempt,
        entry.applied,
        entry.cursor,
      ],
    });
    return rows.length === 1;
  },
  forget: async (entry) => {
    await transaction.query({ sql: `DELETE FROM ${identifier(module, ledgerTable)} WHERE entry = $1`, parameters: [entry] });
  },
});

const kinds = ['transactional', 'batched', 'concurrent', 'contract', 'seed'] as const;

const toEntry = (row: Row): LedgerEntry => {
  const kind = kinds.find((k) => k === row['kind']);
  const cursor = row['cursor'];
  if (kind === undefined) throw new Defect('the ledger holds a kind of migration that this code does not know', { kind: row['kind'] });
  return {
    entry: String(row['entry']),
    number: row['number'] === null ? null : Number(row['number']),
    version: String(row['version']),
    kind,
    checksum: String(row['checksum']),
    job: String(row['job']),
    attempt: Number(row['attempt']),
    applied: row['applied'] === true,
    cursor: typeof cursor === 'object' && cursor !== null ? { ...cursor } : null,
  };
};
