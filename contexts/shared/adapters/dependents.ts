import type { Queryable } from '../application/database.ts';

/** What outside a schema depends on something inside it, as PostgreSQL describes it. `DROP … CASCADE` would take it along. */
export const dependentsOutside = async (queryable: Queryable, schema: string): Promise<readonly string[]> => {
  const { rows } = await queryable.query({ sql: dependentsSql, parameters: [schema] });
  return rows.map((row) => String(row['description']));
};

/** pg_depend names objects by catalog and oid; rules, defaults, triggers and policies live where their table does. */
const dependentsSql = `
WITH home AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1),
inside AS (
  SELECT 'pg_catalog.pg_class'::regclass::oid AS classid, oid AS objid FROM pg_catalog.pg_class WHERE relnamespace = (SELECT oid FROM home)
  UNION ALL SELECT 'pg_catalog.pg_type'::regclass::oid, oid FROM pg_catalog.pg_type WHERE typnamespace = (SELECT oid FROM home)
  UNION ALL SELECT 'pg_catalog.pg_proc'::regclass::oid, oid FROM pg_catalog.pg_proc WHERE pronamespace = (SELECT oid FROM home)
  UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass::oid, oid FROM pg_catalog.pg_constraint WHERE connamespace = (SELECT oid FROM home)
  UNION ALL SELECT 'pg_catalog.pg_operator'::regclass::oid, oid FROM pg_catalog.pg_operator WHERE oprnamespace = (SELECT oid FROM home)
  UNION ALL SELECT 'pg_catalog.pg_collation'::regclass::oid, oid FROM pg_catalog.pg_collation WHERE collnamespace = (SELECT oid FROM home)
), dependents AS (
  SELECT DISTINCT d.classid, d.objid, CASE d.classid
    WHEN 'pg_catalog.pg_class'::regclass THEN (SELECT c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid = d.objid)
    WHEN 'pg_catalog.pg_type'::regclass THEN (SELECT t.typnamespace FROM pg_catalog.pg_type t WHERE t.oid = d.objid)
    WHEN 'pg_catalog.pg_proc'::regclass THEN (SELECT p.pronamespace FROM pg_catalog.pg_proc p WHERE p.oid = d.objid)
    WHEN 'pg_catalog.pg_constraint'::regclass THEN (SELECT c.connamespace FROM pg_catalog.pg_constraint c WHERE c.oid = d.objid)
    WHEN 'pg_catalog.pg_operator'::regclass THEN (SELECT o.oprnamespace FROM pg_catalog.pg_operator o WHERE o.oid = d.objid)
    WHEN 'pg_catalog.pg_collation'::regclass THEN (SELECT c.collnamespace FROM pg_catalog.pg_collation c WHERE c.oid = d.objid)
    WHEN 'pg_catalog.pg_opclass'::regclass THEN (SELECT o.opcnamespace FROM pg_catalog.pg_opclass o WHERE o.oid = d.objid)
    WHEN 'pg_catalog.pg_opfamily'::regclass THEN (SELECT o.opfnamespace FROM pg_catalog.pg_opfamily o WHERE o.oid = d.objid)
    WHEN 'pg_catalog.pg_statistic_ext'::regclass THEN (SELECT x.stxnamespace FROM pg_catalog.pg_statistic_ext x WHERE x.oid = d.objid)
    ELSE (SELECT c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid = coalesce(
      (SELECT r.ev_class FROM pg_catalog.pg_rewrite r WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid),
      (SELECT a.adrelid FROM pg_catalog.pg_attrdef a WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND a.oid = d.objid),
      (SELECT t.tgrelid FROM pg_catalog.pg_trigger t WHERE d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid),
      (SELECT p.polrelid FROM pg_catalog.pg_policy p WHERE d.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = d.objid)))
    END AS namespace
  FROM pg_catalog.pg_depend d JOIN inside i ON i.classid = d.refclassid AND i.objid = d.refobjid
  WHERE d.deptype IN ('n', 'a')
)
SELECT pg_catalog.pg_describe_object(classid, objid, 0) AS description FROM dependents
WHERE namespace IS DISTINCT FROM (SELECT oid FROM home) ORDER BY 1 LIMIT 20`;
