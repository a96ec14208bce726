import type { Database, Queryable } from '../application/database.ts';
import { moduleHandle } from '../application/dry-run.ts';
import type { ModuleSchema, SchemaChange } from '../application/module-schema.ts';
import { createLedgerSql, ledgerTable } from '../application/schema-statements.ts';
import { concurrentIndexes } from './concurrent-indexes.ts';
import { inspectSchema } from './inspect-schema.ts';
import { asOneBlock, ledgerChange, readLedger } from './module-ledger.ts';
import { identifier } from './sql-identifier.ts';

/**
 * A module's schema in the landlord database, opened as the module's own role, which owns it. Fifty installs may come at
 * once: the ledger's table lock lets one change at a time through, and whoever waited finds the work done.
 */
export const makeLandlordModuleSchema = ({ database, module }: { readonly database: Database; readonly module: string }): ModuleSchema => ({
  change: (work) => database.transaction(async (transaction) => work(await begin(transaction, module))),
  indexes: concurrentIndexes(database, module),
  inspect: () => inspectSchema(database, module),
});

const begin = async (transaction: Queryable, module: string): Promise<SchemaChange> => {
  const { rows } = await transaction.query({ sql: settingsSql, parameters: [identifier(module, ledgerTable)] });
  if (rows[0]?.['exists'] !== true) await transaction.query({ sql: createSql(module), parameters: [] });
  await transaction.query({ sql: `LOCK TABLE ${identifier(module, ledgerTable)} IN SHARE ROW EXCLUSIVE MODE`, parameters: [] });
  return {
    db: moduleHandle(module, transaction),
    exists: true,
    entries: () => readLedger(transaction, module),
    create: async () => undefined,
    ...ledgerChange(transaction, module),
    // Here everything is additive: nothing is destroyed, and no job undoes anything.
    onlyForward: false,
    isOwn: async () => false,
    passPointOfNoReturn: async () => undefined,
  };
};

/** Waits longer than a tenant's change, since many wait for one. */
const settingsSql = `
SELECT set_config('lock_timeout', '15s', true), set_config('statement_timeout', '40s', true),
  set_config('idle_in_transaction_session_timeout', '10s', true), set_config('search_path', '', true),
  to_regclass($1) IS NOT NULL AS exists`;

/** Two that create it at once: the second waits for the first, and then has nothing to create. */
const createSql = (module: string): string =>
  asOneBlock(createLedgerSql(module), 'EXCEPTION WHEN duplicate_table OR duplicate_object OR unique_violation THEN NULL;\n');
