import type { Database, Queryable } from '../application/database.ts';
import { moduleHandle } from '../application/dry-run.ts';
import type { SchemaChange, TenantModuleSchema } from '../application/module-schema.ts';
import { Defect, Refused } from '../domain/errors.ts';
import { concurrentIndexes } from './concurrent-indexes.ts';
import { dependentsOutside } from './dependents.ts';
import { inspectSchema } from './inspect-schema.ts';
import { createLedger, ledgerChange, ledgerTable, readLedger } from './module-ledger.ts';
import { identifier, literal } from './sql-identifier.ts';

export interface TenantModuleSchemaOptions {
  /** Opened as the tenant's owner. */
  readonly database: Database;
  readonly module: string;
  readonly job: string;
  /** The attempt's token: lower ones than the database has seen are refused. */
  readonly fence: number;
  /** The tenant's other role, which the owner's default privileges let at every new table: not at the ledger. */
  readonly appRole: string;
}

/** A module's schema in a tenant's database. Each change begins with the fence, whose row lock lets one at a time through. */
export const makeTenantModuleSchema = (options: TenantModuleSchemaOptions): TenantModuleSchema => {
  const { database, module } = options;
  return {
    change: (work) => database.transaction(async (transaction) => work(await begin(options, transaction))),
    indexes: concurrentIndexes(database, module),
    inspect: () => inspectSchema(database, module),
    removeIfCreatedBy: (job) => database.transaction((transaction) => remove(options, transaction, job)),
  };
};

const begin = async (options: TenantModuleSchemaOptions, transaction: Queryable): Promise<SchemaChange> => {
  const passed = await passFence(options, transaction);
  if (passed === undefined) throw superseded(options.module);
  let { exists } = passed;
  return {
    db: moduleHandle(options.module, transaction),
    exists,
    entries: async () => (exists ? readLedger(transaction, options.module) : []),
    create: async () => {
      await transaction.query({ sql: createSql(options), parameters: [] });
      exists = true;
    },
    ...ledgerChange(transaction, options.module),
  };
};

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
RETURNING to_regclass($3) IS NOT NULL AS exists`;

const passFence = async (
  { module, fence }: TenantModuleSchemaOptions,
  transaction: Queryable,
): Promise<{ readonly exists: boolean } | undefined> => {
  const { rows } = await transaction.query({ sql: fenceSql, parameters: [module, fence, identifier(module, ledgerTable)] });
  return rows[0] === undefined ? undefined : { exists: rows[0]['exists'] === true };
};

const createSql = ({ module, job, appRole }: TenantModuleSchemaOptions): string => `DO $do$ BEGIN
  CREATE SCHEMA ${identifier(module)};
  COMMENT ON SCHEMA ${identifier(module)} IS ${literal(markerOf(job))};
  ${createLedger(module)}
  REVOKE ALL ON ${identifier(module, ledgerTable)} FROM ${identifier(appRole)};
END $do$`;

/** On the schema: whose first install it was, and so who may drop it. No colon in it: the Data API would look for a parameter. */
const markerOf = (job: string): string => `created by job ${job}`;

const remove = async (options: TenantModuleSchemaOptions, transaction: Queryable, job: string): Promise<void> => {
  const { module } = options;
  const passed = await passFence(options, transaction);
  const { fenced, schema, marker } = await traces(transaction, module);
  const created = marker === markerOf(job);
  // A rollback whose answer was lost comes again and finds neither fence nor schema of its own.
  if (passed === undefined && !fenced && !created) return;
  if (passed === undefined) throw superseded(module);
  if (schema && !created) return;
  if (schema) await dropSchema(transaction, module);
  await transaction.query({ sql: forgetFenceSql, parameters: [module] });
};

/** The row goes, as before the install; its token stays known, or an old worker could raise a fence that nobody takes away. */
const forgetFenceSql = `
WITH gone AS (DELETE FROM platform.fence WHERE module = $1 RETURNING module, token)
UPDATE platform.past_fences SET tokens = tokens || jsonb_build_object(gone.module, gone.token) FROM gone`;

const dropSchema = async (transaction: Queryable, module: string): Promise<void> => {
  const dependents = await dependentsOutside(transaction, module);
  if (dependents.length > 0)
    throw new Defect(`dependents outside the schema ${module}: drop them, then retry the rollback`, { module, dependents });
  await transaction.query({ sql: `DROP SCHEMA ${identifier(module)} CASCADE`, parameters: [] });
};

const traces = async (transaction: Queryable, module: string) => {
  const { rows } = await transaction.query({ sql: tracesSql, parameters: [module] });
  return { fenced: rows[0]?.['fenced'] === true, schema: rows[0]?.['schema'] === true, marker: rows[0]?.['marker'] };
};

const tracesSql = `
SELECT EXISTS (SELECT 1 FROM platform.fence WHERE module = $1) AS fenced,
  EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1) AS schema,
  (SELECT pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = $1) AS marker`;

const superseded = (module: string): Refused =>
  new Refused({
    kind: 'conflict',
    reason: 'superseded',
    message: `a newer attempt is at work on ${module}, or the fence it began with is gone: this one stops`,
    facts: { module },
  });
