import { Defect } from '../domain/errors.ts';
import type { BatchedMigration, ContractMigration, TransactionalMigration } from './migration.ts';
import type { LedgerEntry, SchemaChange } from './module-schema.ts';
import type { PlannedMigration } from './planned-migrations.ts';
import type { JobAttempt } from './slice.ts';

/** The up of one migration and its ledger row, in the transaction at hand. */
export const applyOne = async (
  change: SchemaChange,
  planned: PlannedMigration,
  migration: TransactionalMigration | ContractMigration,
  by: JobAttempt,
): Promise<void> => {
  await asPartOf(planned, 'up', () => migration.up(change.db));
  await change.record(entryOf(planned, by, true));
};

/** One batch and its cursor. Answers whether it was the last. */
export const applyBatch = async (
  change: SchemaChange,
  planned: PlannedMigration,
  migration: BatchedMigration,
  by: JobAttempt,
): Promise<boolean> => {
  const seen = (await change.entries()).find((e) => e.entry === planned.entry)?.cursor ?? undefined;
  const cursor = await asPartOf(planned, 'up', () => migration.up(change.db, seen));
  if (cursor !== undefined && JSON.stringify(cursor) === JSON.stringify(seen))
    throw new Defect(`${planned.entry} does not move its cursor`, { migration: migration.number });
  await change.record({ ...entryOf(planned, by, cursor === undefined), cursor: cursor ?? null });
  return cursor === undefined;
};

/** Each batch holds rows, so a migration that never ends does not run for ever. */
const batchesMax = 10_000;

/** All batches, where they are to stand or fall with other migrations. */
export const applyBatches = async (
  change: SchemaChange,
  planned: PlannedMigration,
  migration: BatchedMigration,
  by: JobAttempt,
): Promise<void> => {
  for (let n = 0; n < batchesMax; n += 1) if (await applyBatch(change, planned, migration, by)) return;
  throw new Defect(`the batches of ${planned.entry} do not come to an end`, { migration: migration.number, batchesMax });
};

/** Before a concurrent migration begins outside the transaction, and after it: so that a rollback knows of it either way. */
export const recordConcurrent = async (
  change: SchemaChange,
  planned: PlannedMigration,
  by: JobAttempt,
  applied: boolean,
): Promise<void> => {
  await change.record(entryOf(planned, by, applied));
};

/** Says which migration it was. What may be retried stays as it is; the rest is the module's fault. */
export const asPartOf = async <T>({ entry, migration }: PlannedMigration, direction: 'up' | 'down', work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && (error.name === 'Contended' || error.name === 'Unavailable')) throw error;
    // Only what is known to hold no row data is repeated; the rest stays in `cause`, for the log.
    const known = error instanceof Defect ? error : undefined;
    const facts = { ...known?.facts, migration: migration.number };
    throw new Defect(`the ${direction} of migration ${entry} failed${known === undefined ? '' : `: ${known.message}`}`, facts, {
      cause: error,
    });
  }
};

const entryOf = (
  { entry, migration, version, checksum }: PlannedMigration,
  { job, attempt }: JobAttempt,
  applied: boolean,
): LedgerEntry => ({
  entry,
  number: migration.number,
  version,
  kind: migration.kind,
  checksum,
  job,
  attempt,
  applied,
  cursor: null,
});
