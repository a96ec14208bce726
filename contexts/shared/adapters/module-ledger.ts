import type { Queryable, Row } from '../application/database.ts';
import type { LedgerEntry, SchemaChange } from '../application/module-schema.ts';
import { ledgerTable } from '../application/schema-statements.ts';
import { Defect } from '../domain/errors.ts';
import { identifier } from './sql-identifier.ts';

/** One call instead of many: the statements stand or fall together, and name nothing that PL/pgSQL would take for its own. */
export const asOneBlock = (statements: readonly string[], after = ''): string =>
  `DO $do$ BEGIN ${statements.map((one) => `${one};`).join('\n')}\n${after}END $do$`;

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

const kinds = ['transactional', 'batched', 'concurrent', 'contract', 'seed', 'archive', 'restore', 'hook'] as const;

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

/** The job in whose name an entry stands; undefined where there is no such entry, or no ledger. */
export const readMark = async (queryable: Queryable, schema: string, entry: string): Promise<string | undefined> => {
  const ledger = identifier(schema, ledgerTable);
  const { rows: found } = await queryable.query({ sql: 'SELECT to_regclass($1) IS NOT NULL AS exists', parameters: [ledger] });
  if (found[0]?.['exists'] !== true) return undefined;
  const { rows } = await queryable.query({ sql: `SELECT job FROM ${ledger} WHERE entry = $1`, parameters: [entry] });
  return rows[0] === undefined ? undefined : String(rows[0]['job']);
};

interface Mark {
  readonly archive: number;
  readonly job: string;
  readonly attempt: number;
}

export const markArchived = async (queryable: Queryable, schema: string, { archive, job, attempt }: Mark): Promise<void> => {
  await queryable.query({
    sql: `INSERT INTO ${identifier(schema, ledgerTable)} (entry, version, kind, checksum, job, attempt, applied)
      VALUES ($1, '', 'archive', '', $2, $3, true)`,
    parameters: [`archive@${archive}`, job, attempt],
  });
};

export const unmarkArchived = async (queryable: Queryable, schema: string, archive: number): Promise<void> => {
  await queryable.query({
    sql: `DELETE FROM ${identifier(schema, ledgerTable)} WHERE entry = $1`,
    parameters: [`archive@${archive}`],
  });
};

/** Who archived it, and when, is kept in the entry, so that undoing the restore leaves the ledger as it was. */
export const markRestored = async (queryable: Queryable, schema: string, { archive, job, attempt }: Mark): Promise<void> => {
  await queryable.query({
    sql: `UPDATE ${identifier(schema, ledgerTable)} SET entry = $1, kind = 'restore', job = $2, attempt = $3, at = now(),
        cursor = jsonb_build_object('job', job, 'attempt', attempt, 'at', at)
      WHERE entry = $4`,
    parameters: [`restored@${archive}`, job, attempt, `archive@${archive}`],
  });
};

export const unmarkRestored = async (queryable: Queryable, schema: string, archive: number): Promise<void> => {
  await queryable.query({
    sql: `UPDATE ${identifier(schema, ledgerTable)} SET entry = $1, kind = 'archive', job = cursor ->> 'job', cursor = NULL,
        attempt = CAST(cursor ->> 'attempt' AS integer), at = CAST(cursor ->> 'at' AS timestamptz)
      WHERE entry = $2`,
    parameters: [`archive@${archive}`, `restored@${archive}`],
  });
};
