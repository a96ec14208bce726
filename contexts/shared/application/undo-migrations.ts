import { Defect } from '../domain/errors.ts';
import { removeIndex } from './concurrent-index.ts';
import type { ConcurrentIndex } from './migration.ts';
import type { LedgerEntry, ModuleSchema, SchemaChange } from './module-schema.ts';
import { asPartOf } from './one-migration.ts';
import { type MigrationPlan, migrationOf } from './planned-migrations.ts';
import type { Progress, Slice } from './slice.ts';

export interface UndoMigrations {
  readonly plan: MigrationPlan;
  readonly schema: ModuleSchema;
  readonly slice: Slice;
  /** Only what this job wrote into the ledger is undone. */
  readonly job: string;
}

/** Runs the downs of what a job applied, the last first, until none is left or the slice is over. Safe to repeat. */
export const undoMigrations = async ({ plan, schema, slice, job }: UndoMigrations): Promise<Progress> => {
  const transactionsMax = 2 * plan.all.length + 1;
  for (let n = 0; n < transactionsMax; n += 1) {
    const { standing, left, outside } = await schema.change((change) => oneTransaction({ plan, schema, slice, job }, change));
    if (left === 0) return { standing, done: true };
    if (outside !== undefined) {
      await removeIndex(schema.indexes, outside.index);
      await schema.change((change) => change.forget(outside.entry));
    }
    if (slice.isOver()) return { standing, done: false };
  }
  throw new Defect(`the downs of ${plan.module} do not come to an end`, { transactionsMax });
};

interface Step {
  readonly standing: number;
  readonly left: number;
  /** The next one to undo runs outside a transaction. */
  readonly outside?: { readonly entry: string; readonly index: ConcurrentIndex };
}

const oneTransaction = async ({ plan, slice, job }: UndoMigrations, change: SchemaChange): Promise<Step> => {
  if (change.onlyForward)
    throw new Defect(`this job has destroyed or narrowed data of ${plan.module}: from there it only goes forward`, { module: plan.module });
  const entries = await change.entries();
  const own = ownEntries(plan, entries, job);
  let standing = entries.filter((e) => e.number !== null && e.applied).length;
  for (const [undone, entry] of own.entries()) {
    const planned = migrationOf(plan, entry);
    const { migration } = planned;
    if (undone > 0 && (slice.isOver() || migration.kind === 'concurrent')) return { standing, left: own.length - undone };
    if (migration.kind === 'concurrent') return { standing, left: own.length, outside: { entry: entry.entry, index: migration.index } };
    await asPartOf(planned, 'down', () => migration.down(change.db));
    await change.forget(entry.entry);
    if (entry.applied) standing -= 1;
  }
  return { standing, left: 0 };
};

const ownEntries = (plan: MigrationPlan, entries: readonly LedgerEntry[], job: string): readonly LedgerEntry[] => {
  const own = entries.filter((e) => e.number !== null && e.job === job).toSorted((a, b) => (b.number ?? 0) - (a.number ?? 0));
  const contract = own.find((e) => e.kind === 'contract');
  if (contract === undefined) return own;
  throw new Defect(`${contract.entry} of ${plan.module} has destroyed or narrowed data: from there a job only goes forward`, {
    migration: contract.number,
  });
};
