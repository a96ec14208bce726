import { Defect } from '../domain/errors.ts';
import { ensureIndex } from './concurrent-index.ts';
import type { ConcurrentMigration } from './migration.ts';
import type { ModuleSchema, SchemaChange } from './module-schema.ts';
import { applyBatch, applyOne, asPartOf, recordConcurrent } from './one-migration.ts';
import { type MigrationPlan, type PlannedMigration, standingOf } from './planned-migrations.ts';
import type { JobAttempt, Progress, Slice } from './slice.ts';

export interface ApplyMigrations {
  readonly plan: MigrationPlan;
  readonly schema: ModuleSchema;
  readonly slice: Slice;
  readonly by: JobAttempt;
  /** `expand` stops before the first contract migration; `contract` is for what it left. Without one, all of them run. */
  readonly phase?: 'expand' | 'contract' | undefined;
}

/** Each transaction commits at least a batch, so a slice ends long before this; a plan that never ends does not run for ever. */
const transactionsMax = 10_000;

/** Applies the pending migrations until all stand or the slice is over. Safe to repeat and to run many times at once. */
export const applyMigrations = async (command: ApplyMigrations): Promise<Progress> => {
  const { plan, schema, slice } = command;
  for (let n = 0; n < transactionsMax; n += 1) {
    const { standing, held, outside } = await schema.change((change) => oneTransaction(command, change));
    if (held || standing >= plan.total) return { standing, done: true };
    if (outside !== undefined && !(await buildOutside(command, outside))) return { standing, done: false };
    const now = outside === undefined ? standing : standing + 1;
    if (now >= plan.total || slice.isOver()) return { standing: now, done: now >= plan.total };
  }
  throw new Defect(`the migrations of ${plan.module} do not come to an end`, { transactionsMax });
};

interface Step {
  readonly standing: number;
  /** Contract migrations are pending, and it is not their turn. */
  readonly held?: boolean;
  /** The next migration runs outside a transaction. */
  readonly outside?: Concurrent;
}

interface Concurrent {
  readonly planned: PlannedMigration;
  readonly migration: ConcurrentMigration;
}

/** As many of the pending migrations as may share a transaction and fit the slice; at least one, or one batch of one. */
const oneTransaction = async (command: ApplyMigrations, change: SchemaChange): Promise<Step> => {
  const { plan, slice, by, phase } = command;
  if (!change.exists) await change.create();
  let standing = standingOf(plan, await change.entries());
  const pending = plan.all.slice(standing, plan.total);
  for (const [index, planned] of pending.entries()) {
    const { migration } = planned;
    if (migration.kind === 'contract' && phase === 'expand') return { standing, held: true };
    // Contract migrations of a module stand or fall together, whatever the slice says.
    if (index > 0 && (migration.kind !== pending[0]?.migration.kind || (migration.kind !== 'contract' && slice.isOver()))) break;
    if (migration.kind === 'concurrent') {
      await recordConcurrent(change, planned, by, false);
      return { standing, outside: { planned, migration } };
    }
    if (migration.kind === 'batched') return { standing: (await applyBatch(change, planned, migration, by)) ? standing + 1 : standing };
    await applyOne(change, planned, migration, by);
    standing += 1;
  }
  return { standing };
};

/** False while the index is still being built. */
const buildOutside = async ({ schema, slice, by }: ApplyMigrations, { planned, migration }: Concurrent): Promise<boolean> => {
  if (!(await asPartOf(planned, 'up', () => ensureIndex(schema.indexes, migration.index, slice)))) return false;
  await schema.change((change) => recordConcurrent(change, planned, by, true));
  return true;
};
