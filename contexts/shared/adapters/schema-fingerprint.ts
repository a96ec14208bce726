import type { Queryable } from '../application/database.ts';
import { identifier } from './sql-identifier.ts';

/**
 * What PostgreSQL's catalog says of some schemas, a line for each object: structure, privileges and comments, never rows,
 * and neither oids nor column numbers, which differ after down and up. `$1` is a JSON array of schema names; `[]` means
 * all but PostgreSQL's own. Plain SQL, so that anything connected to the database can ask it.
 */
export const schemaLinesSql = `
WITH schemas AS (
  SELECT n.oid, n.nspname::text AS name, n.nspowner, n.nspacl FROM pg_catalog.pg_namespace n
  WHERE CASE WHEN jsonb_array_length(CAST($1 AS jsonb)) = 0 THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ELSE n.nspname IN (SELECT jsonb_array_elements_text(CAST($1 AS jsonb))) END
), relations AS (
  SELECT c.*, s.name || '.' || c.relname AS path FROM pg_catalog.pg_class c JOIN schemas s ON s.oid = c.relnamespace
), routines AS (
  SELECT p.*, s.name || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS path
  FROM pg_catalog.pg_proc p JOIN schemas s ON s.oid = p.pronamespace
), lines AS (
  SELECT 'schema' AS kind, s.name AS path, concat_ws(' ', pg_catalog.pg_get_userbyid(s.nspowner),
    ARRAY(SELECT a::text FROM unnest(s.nspacl) a ORDER BY 1), pg_catalog.obj_description(s.oid, 'pg_namespace')) AS detail FROM schemas s
  UNION ALL SELECT 'relation', r.path, concat_ws(' ', r.relkind::text, r.relpersistence::text, r.relrowsecurity, r.relforcerowsecurity, r.reloptions,
    pg_catalog.pg_get_userbyid(r.relowner), ARRAY(SELECT a::text FROM unnest(r.relacl) a ORDER BY 1), pg_catalog.obj_description(r.oid, 'pg_class'),
    CASE WHEN r.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(r.oid) END, pg_catalog.pg_get_partkeydef(r.oid),
    pg_catalog.pg_get_expr(r.relpartbound, r.oid)) FROM relations r WHERE r.relkind NOT IN ('i', 'I', 't')
  UNION ALL SELECT 'column', r.path || '.' || a.attname, concat_ws(' ', row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum),
    pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text, a.attgenerated::text,
    (SELECT c.collname FROM pg_catalog.pg_collation c WHERE c.oid = a.attcollation), pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    ARRAY(SELECT x::text FROM unnest(a.attacl) x ORDER BY 1), pg_catalog.col_description(r.oid, a.attnum))
    FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT 'index', r.path, concat_ws(' ', i.indisvalid, i.indisready, pg_catalog.pg_get_indexdef(i.indexrelid), r.reloptions,
    pg_catalog.obj_description(r.oid, 'pg_class')) FROM relations r JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid WHERE r.relkind IN ('i', 'I')
  UNION ALL SELECT 'constraint', s.name || '.' || coalesce(r.relname, t.typname) || '.' || c.conname, concat_ws(' ', c.convalidated,
    pg_catalog.pg_get_constraintdef(c.oid), pg_catalog.obj_description(c.oid, 'pg_constraint'))
    FROM pg_catalog.pg_constraint c JOIN schemas s ON s.oid = c.connamespace
    LEFT JOIN pg_catalog.pg_class r ON r.oid = c.conrelid LEFT JOIN pg_catalog.pg_type t ON t.oid = c.contypid
  UNION ALL SELECT 'sequence', r.path, concat_ws(' ', pg_catalog.format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
    q.seqcache, q.seqcycle) FROM relations r JOIN pg_catalog.pg_sequence q ON q.seqrelid = r.oid
  UNION ALL SELECT 'routine', f.path, concat_ws(' ', f.prokind::text, pg_catalog.pg_get_userbyid(f.proowner),
    CASE WHEN f.prokind IN ('f', 'p', 'w') THEN pg_catalog.pg_get_functiondef(f.oid) END,
    ARRAY(SELECT a::text FROM unnest(f.proacl) a ORDER BY 1), pg_catalog.obj_description(f.oid, 'pg_proc')) FROM routines f
  UNION ALL SELECT 'trigger', r.path || '.' || t.tgname, concat_ws(' ', t.tgenabled::text, pg_catalog.pg_get_triggerdef(t.oid))
    FROM relations r JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal
  UNION ALL SELECT 'policy', r.path || '.' || p.polname, concat_ws(' ', p.polcmd::text, p.polpermissive,
    ARRAY(SELECT CASE WHEN o = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(o)::text END FROM unnest(p.polroles) o ORDER BY 1),
    pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    FROM relations r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
  UNION ALL SELECT 'type', s.name || '.' || t.typname, concat_ws(' ', t.typtype::text, pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull,
    t.typdefault, ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
    ARRAY(SELECT a::text FROM unnest(t.typacl) a ORDER BY 1), pg_catalog.obj_description(t.oid, 'pg_type'))
    FROM pg_catalog.pg_type t JOIN schemas s ON s.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r', 'm')
  UNION ALL SELECT 'extension', e.extname, concat_ws(' ', e.extversion, s.name) FROM pg_catalog.pg_extension e JOIN schemas s ON s.oid = e.extnamespace
  UNION ALL SELECT 'default privileges', coalesce(s.name, '*') || '.' || d.defaclobjtype::text, concat_ws(' ', pg_catalog.pg_get_userbyid(d.defaclrole),
    ARRAY(SELECT a::text FROM unnest(d.defaclacl) a ORDER BY 1)) FROM pg_catalog.pg_default_acl d LEFT JOIN schemas s ON s.oid = d.defaclnamespace
    WHERE s.oid IS NOT NULL OR (d.defaclnamespace = 0 AND jsonb_array_length(CAST($1 AS jsonb)) = 0)
)
SELECT kind || ' ' || path || ': ' || detail AS line FROM lines`;

/** The lines, sorted and hashed by the server: one row whatever the size of the schema. */
export const schemaFingerprintSql = `
SELECT encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), ''), 'UTF8')), 'hex') AS fingerprint
FROM (${schemaLinesSql}) described`;

/** Equal for equal structure, privileges and comments of the schemas; `[]` for the whole database. */
export const schemaFingerprint = async (queryable: Queryable, schemas: readonly string[]): Promise<string> => {
  const { rows } = await queryable.query({ sql: schemaFingerprintSql, parameters: [JSON.stringify(schemas)] });
  return String(rows[0]?.['fingerprint']);
};

/** What the fingerprint is made of, to see where two differ. */
export const schemaLines = async (queryable: Queryable, schemas: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await queryable.query({
    sql: `SELECT line FROM (${schemaLinesSql}) described ORDER BY line COLLATE "C"`,
    parameters: [JSON.stringify(schemas)],
  });
  return rows.map((r) => String(r['line']));
};

/** `{ "digital_card.digital_cards": 3 }`, counted and not estimated: for a restore point, not for a request. */
export const exactRowCounts = async (queryable: Queryable, schemas: readonly string[]): Promise<Readonly<Record<string, number>>> => {
  const { rows: tables } = await queryable.query({ sql: tablesSql, parameters: [JSON.stringify(schemas)] });
  if (tables.length === 0) return {};
  const counts = tables.map(
    (t, index) => `SELECT ${index} AS place, count(*) AS rows FROM ${identifier(String(t['schema']), String(t['name']))}`,
  );
  const { rows } = await queryable.query({ sql: counts.join(' UNION ALL '), parameters: [] });
  const byPlace = new Map(rows.map((r) => [Number(r['place']), Number(r['rows'])]));
  return Object.fromEntries(tables.map((t, index) => [`${String(t['schema'])}.${String(t['name'])}`, byPlace.get(index) ?? 0]));
};

const tablesSql = `
  SELECT n.nspname::text AS schema, c.relname::text AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND CASE WHEN jsonb_array_length(CAST($1 AS jsonb)) = 0 THEN n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ELSE n.nspname IN (SELECT jsonb_array_elements_text(CAST($1 AS jsonb))) END
  ORDER BY 1, 2`;
