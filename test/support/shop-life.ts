import { schemaLines } from '../../contexts/shared/adapters/schema-fingerprint.ts';
import type { Database, Row } from '../../contexts/shared/application/database.ts';
import type { TenantStand } from './tenant-stand.ts';

/** Everything of a tenant's database that a migrator of the shop can change: structure, rows, ledger and fence. */
export interface ShopState {
  readonly structure: readonly string[];
  /** `schema.table` → its rows, without the times at which something was noted. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}

const schemasSql = `SELECT nspname::text AS name FROM pg_catalog.pg_namespace WHERE nspname ~ '^shop(__a[0-9]+)?$' ORDER BY 1`;

const schemasOf = async (database: Database): Promise<readonly string[]> =>
  (await database.query({ sql: schemasSql, parameters: [] })).rows.map(({ name }) => String(name));

const tablesSql = `
  SELECT n.nspname::text AS schema, c.relname::text AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname ~ '^shop(__a[0-9]+)?$' ORDER BY 1, 2`;

const rowsOf = async (database: Database, table: string): Promise<readonly Row[]> => {
  const { rows } = await database.query({
    sql: `SELECT to_jsonb(t) - 'at' #- '{cursor,at}' AS row FROM ${table} t ORDER BY 1`,
    parameters: [],
  });
  return rows.map(({ row }) => row as Row);
};

export const shopState = async ({ database }: Pick<TenantStand, 'database'>): Promise<ShopState> => {
  const { rows: tables } = await database.query({ sql: tablesSql, parameters: [] });
  const names = [...tables.map(({ schema, name }) => `${String(schema)}.${String(name)}`), 'platform.fence', 'platform.past_fences'];
  const rows = await Promise.all(names.map(async (name) => [name, await rowsOf(database, name)] as const));
  const schemas = await schemasOf(database);
  return { structure: schemas.length === 0 ? [] : await schemaLines(database, schemas), rows: Object.fromEntries(rows) };
};

/** The tenant as it was before it ever had the shop. */
export const emptyShop = async ({ database }: Pick<TenantStand, 'database'>): Promise<void> => {
  const statements = [
    ...(await schemasOf(database)).map((schema) => `DROP SCHEMA IF EXISTS ${schema} CASCADE`),
    'DELETE FROM platform.fence',
    `UPDATE platform.past_fences SET tokens = '{}'`,
  ];
  for (const sql of statements) await database.query({ sql, parameters: [] });
};
