import type { Queryable } from '../application/database.ts';
import type { ArchiveChange, SchemaStand } from '../application/module-schema.ts';
import { archiveSchemaSql, restoreSchemaSql } from '../application/schema-statements.ts';
import { archiveSchemaName } from '../domain/names.ts';
import { asOneBlock, markArchived, markRestored, readMark, unmarkArchived, unmarkRestored } from './module-ledger.ts';
import { type FenceHeld, passFence } from './tenant-fence.ts';

export interface ArchiveChangeOptions extends FenceHeld {
  readonly job: string;
  readonly attempt: number;
  /** The tenant's other role: it loses its way into what is archived. */
  readonly appRole: string;
}

/** Passes the fence, and sees what stands under both names. */
export const beginArchiveChange = async (
  transaction: Queryable,
  options: ArchiveChangeOptions,
  archive: number,
): Promise<ArchiveChange> => {
  const { module } = options;
  await passFence(transaction, options);
  const name = archiveSchemaName(module, archive);
  const stands = await standing(transaction, [module, name]);
  const run = async (statements: readonly string[]): Promise<void> => {
    await transaction.query({ sql: asOneBlock(statements), parameters: [] });
  };
  return {
    module: await standOf(transaction, { name: module, exists: stands.has(module), entry: `restored@${archive}` }),
    archive: await standOf(transaction, { name, exists: stands.has(name), entry: `archive@${archive}` }),
    putAside: () => run(archiveSchemaSql({ ...options, archive })),
    bringBack: () => run(restoreSchemaSql({ ...options, archive })),
    markArchived: () => markArchived(transaction, name, { ...options, archive }),
    unmarkArchived: () => unmarkArchived(transaction, module, archive),
    markRestored: () => markRestored(transaction, module, { ...options, archive }),
    unmarkRestored: () => unmarkRestored(transaction, name, archive),
  };
};

const standing = async (transaction: Queryable, names: readonly [string, string]): Promise<ReadonlySet<string>> => {
  const sql = 'SELECT nspname::text AS name FROM pg_catalog.pg_namespace WHERE nspname IN ($1, $2)';
  const { rows } = await transaction.query({ sql, parameters: names });
  return new Set(rows.map(({ name }) => String(name)));
};

interface Looked {
  readonly name: string;
  readonly exists: boolean;
  /** Of the ledger: says who archived it, or brought it back. */
  readonly entry: string;
}

const standOf = async (transaction: Queryable, { name, exists, entry }: Looked): Promise<SchemaStand> => {
  const markedBy = exists ? await readMark(transaction, name, entry) : undefined;
  return { name, exists, ...(markedBy === undefined ? {} : { markedBy }) };
};
