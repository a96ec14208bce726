import { Defect } from '../domain/errors.ts';
import { removeIndex } from './concurrent-index.ts';
import type { ConcurrentIndex } from './migration.ts';
import type { LedgerEntry, ModuleSchema, SchemaChange } from './module-schema.ts';
import { asPartOf } from './one-migration.ts';
import { type MigrationPlan, migrationOf, standingOf } from './planned-migrations.ts';
import type { JobAttempt, Progress } from './slice.ts';

export interface DowngradeMigrations {
  /** Of the version that stands. */
  readonly plan: MigrationPlan;
  readonly schema: ModuleSchema;
  /** How many migrations belong to the version that shall stand. */
  readonly total: number;
  readonly by: JobAttempt;
}

interface Outside {
  readonly entry: string;
  readonly index: ConcurrentIndex;
}

/**
 * Runs the downs of all migrations above a version, whichever job applied them, in one transaction: a tenant's data is never
 * half-way between two versions. Indexes that were built outside a transaction are dropped after it, also by a repeat.
 */
export const downgradeMigrations = async (command: DowngradeMigrations): Promise<Progress> => {
  const { plan, schema, total } = command;
  if (total > plan.total) throw new Defect(`${plan.module} ${plan.version} has fewer migrations than the version to go back to`, { total });
  const { standing, outside } = await schema.change((change) => oneTransaction(command, change));
  for (const { index } of outside) await removeIndex(schema.indexes, index);
  if (outside.length > 0)
    await schema.change(async (change) => {
      for (const { entry } of outside) await change.forget(entry);
    });
  return { standing, done: true };
};

const oneTransaction = async (
  { plan, total, by }: DowngradeMigrations,
  change: SchemaChange,
): Promise<{ readonly standing: number; readonly outside: readonly Outside[] }> => {
  if (!change.exists) throw new Defect(`there is no schema ${plan.module} to downgrade`, { module: plan.module });
  const entries = await change.entries();
  standingOf(plan, entries);
  const above = lastFirst(entries.filter(({ number }) => (number ?? 0) > total));
  if (above.length > 0) await change.passPointOfNoReturn();
  const outside: Outside[] = [];
  for (const entry of above) {
    const planned = migrationOf(plan, entry);
    const { migration } = planned;
    if (migration.kind !== 'concurrent') await asPartOf(planned, 'down', () => migration.down(change.db));
    await change.forget(entry.entry);
    if (migration.kind !== 'concurrent') continue;
    // It stays in the ledger as unfinished, so that whoever comes after a crash knows of the index.
    await change.record({ ...entry, ...by, applied: false });
    outside.push({ entry: entry.entry, index: migration.index });
  }
  return { standing: entries.filter(({ number, applied }) => number !== null && number <= total && applied).length, outside };
};

const lastFirst = (entries: readonly LedgerEntry[]): readonly LedgerEntry[] =>
  entries.toSorted((a, b) => (b.number ?? 0) - (a.number ?? 0));
