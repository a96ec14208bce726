import type { Database } from '../application/database.ts';
import type { Inspection } from '../application/module-schema.ts';
import { ledgerTable } from '../application/schema-statements.ts';
import { Defect } from '../domain/errors.ts';
import { inspectTraits } from './inspect-traits.ts';
import { readLedger } from './module-ledger.ts';
import { countRows } from './row-counts.ts';
import { schemaFingerprint } from './schema-fingerprint.ts';

/** Looks at a module's schema without changing it. A schema that is not there has no entries and no tables. */
export const inspectSchema = async (database: Database, module: string): Promise<Inspection> => {
  const { rows } = await database.query({ sql: relationsSql, parameters: [module] });
  const named = (kind: string): readonly string[] => rows.filter((r) => r['kind'] === kind).map((r) => String(r['name']));
  const { counts, ...estimated } = await countRows(database, module);
  const { [ledgerTable]: _ledger, ...rowCounts } = Object.fromEntries(
    Object.entries(counts).map(([k, n]) => [k.slice(module.length + 1), n]),
  );
  return {
    exists: await schemaExists(database, module),
    entries: await ledgerOrNone(database, module),
    tables: named('table').filter((name) => name !== ledgerTable),
    invalidIndexes: named('invalid index'),
    traits: (await inspectTraits(database, module)).filter(({ table }) => table !== ledgerTable),
    fingerprint: await schemaFingerprint(database, [module]),
    rowCounts,
    ...estimated,
  };
};

const relationsSql = `
  SELECT c.relname::text AS name, CASE WHEN c.relkind = 'i' THEN 'invalid index' ELSE 'table' END AS kind
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
  WHERE n.nspname = $1 AND (c.relkind IN ('r', 'p') OR (c.relkind = 'i' AND NOT i.indisvalid))
  ORDER BY 2, 1`;

const schemaExists = async (database: Database, schema: string): Promise<boolean> => {
  const sql = 'SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1) AS found';
  return (await database.query({ sql, parameters: [schema] })).rows[0]?.['found'] === true;
};

const ledgerOrNone = async (database: Database, module: string): Promise<Inspection['entries']> => {
  try {
    return await readLedger(database, module);
  } catch (error) {
    if (error instanceof Defect && error.facts['sqlState'] === '42P01') return [];
    throw error;
  }
};
