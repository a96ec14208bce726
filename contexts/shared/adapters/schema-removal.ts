import type { Queryable } from '../application/database.ts';
import { dropSchemaSql, markerOf } from '../application/schema-statements.ts';
import { Defect, Refused } from '../domain/errors.ts';
import { archiveSchemaName } from '../domain/names.ts';
import { dependentsOutside } from './dependents.ts';
import { readMark } from './module-ledger.ts';
import { type FenceHeld, forgetFence, isFenced, superseded, tryFence } from './tenant-fence.ts';

/** Takes away what a job's first install made: the schema that bears its mark, and the fence with it. */
export const removeSchema = async (transaction: Queryable, held: FenceHeld, job: string): Promise<void> => {
  const { module } = held;
  const passed = await tryFence(transaction, held);
  const { live, archives } = await schemasOf(transaction, module);
  const created = live?.marker === markerOf(job);
  if (passed === undefined) return refuseUnlessGone(transaction, module, created);
  if (live !== undefined && !created) return;
  if (live !== undefined) {
    const dependents = await dependentsOutside(transaction, module);
    if (dependents.length > 0)
      throw new Defect(`dependents outside the schema ${module}: drop them, then retry the rollback`, { module, dependents });
    await transaction.query({ sql: dropSchemaSql(module), parameters: [] });
  }
  if (archives.length === 0) await forgetFence(transaction, module);
};

/** Takes away an archive for good; its fence goes with the last thing that stands of the module. */
export const purgeArchive = async (transaction: Queryable, held: FenceHeld, archive: number): Promise<void> => {
  const { module } = held;
  const name = archiveSchemaName(module, archive);
  const passed = await tryFence(transaction, held);
  const { live, archives } = await schemasOf(transaction, module);
  const stands = archives.includes(name);
  if (passed === undefined) return refuseUnlessGone(transaction, module, stands);
  if (stands) {
    await refuseToPurge(transaction, { module, archive, name });
    await transaction.query({ sql: dropSchemaSql(name), parameters: [] });
  }
  if (live === undefined && archives.every((one) => one === name)) await forgetFence(transaction, module);
};

/** A removal whose answer was lost comes again, and finds neither its fence nor what it was to take away. */
const refuseUnlessGone = async (transaction: Queryable, module: string, stands: boolean): Promise<void> => {
  if (stands || (await isFenced(transaction, module))) throw superseded(module);
};

const refuseToPurge = async (
  transaction: Queryable,
  { module, archive, name }: { readonly module: string; readonly archive: number; readonly name: string },
): Promise<void> => {
  if ((await readMark(transaction, name, `archive@${archive}`)) === undefined)
    throw new Defect(`the schema ${name} is no archive: nothing in it says who archived it`, { module, schema: name });
  const dependents = await dependentsOutside(transaction, name);
  if (dependents.length === 0) return;
  throw new Refused({
    kind: 'conflict',
    reason: 'dependents-outside',
    message: `outside the archive ${name} there depends on it: ${dependents.join(', ')}. Drop what depends on it, then purge again`,
    facts: { module, archive, dependents },
  });
};

interface SchemasOf {
  readonly live: { readonly marker: unknown } | undefined;
  /** Their names. */
  readonly archives: readonly string[];
}

const schemasOf = async (transaction: Queryable, module: string): Promise<SchemasOf> => {
  const { rows } = await transaction.query({ sql: schemasSql, parameters: [module] });
  const live = rows.find(({ name }) => name === module);
  return {
    live: live === undefined ? undefined : { marker: live['marker'] },
    archives: rows.filter((row) => row !== live).map(({ name }) => String(name)),
  };
};

/** A module's name is lower case letters, digits and `_`: nothing in it means anything to a pattern. */
const schemasSql = `
SELECT nspname::text AS name, pg_catalog.obj_description(oid, 'pg_namespace') AS marker
FROM pg_catalog.pg_namespace WHERE nspname = $1 OR nspname ~ ('^' || $1 || '__a[0-9]+$')`;
