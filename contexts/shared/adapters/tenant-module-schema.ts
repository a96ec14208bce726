import type { Database, Queryable } from '../application/database.ts';
import { moduleHandle } from '../application/dry-run.ts';
import type { SchemaChange, TenantModuleSchema } from '../application/module-schema.ts';
import { createSchemaSql, markerOf } from '../application/schema-statements.ts';
import { archiveSchemaName } from '../domain/names.ts';
import { type ArchiveChangeOptions, beginArchiveChange } from './archive-change.ts';
import { concurrentIndexes } from './concurrent-indexes.ts';
import { inspectSchema } from './inspect-schema.ts';
import { asOneBlock, ledgerChange, readLedger } from './module-ledger.ts';
import { momentOf } from './moment.ts';
import { purgeArchive, removeSchema } from './schema-removal.ts';
import { highestFence, noteCommitted, passFence } from './tenant-fence.ts';

export interface TenantModuleSchemaOptions extends ArchiveChangeOptions {
  /** Opened as the tenant's owner. */
  readonly database: Database;
}

/** A module's schema in a tenant's database. Each change begins with the fence, whose row lock lets one at a time through. */
export const makeTenantModuleSchema = (options: TenantModuleSchemaOptions): TenantModuleSchema => {
  const { database, module } = options;
  return {
    change: (work) => database.transaction(async (transaction) => work(await begin(options, transaction))),
    changeArchive: (archive, work) =>
      database.transaction(async (transaction) => work(await beginArchiveChange(transaction, options, archive))),
    indexes: concurrentIndexes(database, module),
    inspect: (archive) => inspectSchema(database, archive === undefined ? module : archiveSchemaName(module, archive)),
    moment: () => momentOf(database),
    highestFence: () => highestFence(database),
    purge: (archive) => database.transaction((transaction) => purgeArchive(transaction, options, archive)),
    removeIfCreatedBy: (job) => database.transaction((transaction) => removeSchema(transaction, options, job)),
  };
};

const begin = async (options: TenantModuleSchemaOptions, transaction: Queryable): Promise<SchemaChange> => {
  const { module, job } = options;
  const passed = await passFence(transaction, options);
  let { exists } = passed;
  return {
    db: moduleHandle(module, transaction),
    exists,
    entries: async () => (exists ? readLedger(transaction, module) : []),
    create: async () => {
      await transaction.query({ sql: asOneBlock(createSchemaSql(options)), parameters: [] });
      exists = true;
    },
    ...ledgerChange(transaction, module),
    onlyForward: passed.committedBy === job,
    isOwn: () => isMarkedBy(transaction, module, job),
    passPointOfNoReturn: () => noteCommitted(transaction, module, job),
  };
};

/** A statement of its own: that of the fence may have begun before another worker of the job made the schema. */
const isMarkedBy = async (transaction: Queryable, module: string, job: string): Promise<boolean> => {
  const sql = `SELECT pg_catalog.obj_description(oid, 'pg_namespace') AS marker FROM pg_catalog.pg_namespace WHERE nspname = $1`;
  const { rows } = await transaction.query({ sql, parameters: [module] });
  return rows[0]?.['marker'] === markerOf(job);
};
