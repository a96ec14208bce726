import type { Trait } from '../application/blueprint.ts';
import type { Queryable } from '../application/database.ts';
import { Defect } from '../domain/errors.ts';

/** What PostgreSQL's catalog says of the tables of a schema, in the words of a blueprint. Names stand without quotes. */
export const inspectTraits = async (queryable: Queryable, schema: string): Promise<readonly Trait[]> => {
  const { rows } = await queryable.query({ sql: traitsSql, parameters: [schema] });
  return rows.map(({ table, kind, name, says }) => ({
    table: String(table),
    kind: kindOf(String(kind)),
    name: String(name).replaceAll('"', ''),
    says: String(says).replaceAll('"', ''),
  }));
};

const kinds = ['column', 'primary key', 'index', 'foreign key', 'check'] as const;

const kindOf = (found: string): Trait['kind'] => {
  const kind = kinds.find((known) => known === found);
  if (kind === undefined) throw new Defect('the catalog was asked for something that no blueprint says', { kind: found });
  return kind;
};

/** Keys and checks are told as PostgreSQL defines them, without what only repeats where they stand. */
const traitsSql = `
WITH tables AS (
  SELECT c.oid, c.relname::text AS name, n.nspname::text AS schema FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')
), constraints AS (
  SELECT t.name AS table_name, t.schema, c.contype, c.conname::text AS name, c.convalidated AS valid,
    pg_catalog.pg_get_constraintdef(c.oid) AS definition
  FROM tables t JOIN pg_catalog.pg_constraint c ON c.conrelid = t.oid
)
SELECT t.name AS "table", 'column' AS kind, a.attname::text AS name, concat(pg_catalog.format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN ' not null' END, ' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)) AS says
  FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL SELECT t.name, 'index', c.relname::text, concat(CASE WHEN i.indisunique THEN 'unique ' END, CASE WHEN NOT i.indisvalid THEN 'invalid ' END,
    substring(pg_catalog.pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$'))
  FROM tables t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND NOT i.indisprimary JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
UNION ALL SELECT table_name, 'primary key', '', substring(definition FROM '^PRIMARY KEY (.*)$') FROM constraints WHERE contype = 'p'
UNION ALL SELECT table_name, 'foreign key', substring(definition FROM '^FOREIGN KEY \\(([^)]*)\\)'),
    replace(substring(definition FROM ' REFERENCES (.*)$'), pg_catalog.quote_ident(schema) || '.', '') FROM constraints WHERE contype = 'f'
UNION ALL SELECT table_name, 'check', name, CASE WHEN valid THEN 'valid' ELSE 'not valid' END FROM constraints WHERE contype = 'c'
ORDER BY 1, 2, 3`;
