import { Defect, Refused } from '../domain/errors.ts';
import { ensureIndex } from './concurrent-index.ts';
import type { ConcurrentMigration, Migration } from './migration.ts';
import type { ModuleSchema, SchemaChange } from './module-schema.ts';
import { applyBatch, applyBatches, applyOne, asPartOf, recordConcurrent } from './one-migration.ts';
import { type MigrationPlan, type PlannedMigration, standingOf } from './planned-migrations.ts';
import type { JobAttempt, Progress, Slice } from './slice.ts';

export interface ApplyMigrations {
  readonly plan: MigrationPlan;
  readonly schema: ModuleSchema;
  readonly slice: Slice;
  readonly by: JobAttempt;
  /**
   * `expand` stops before the first contract migration, unless this job made the schema, so that nothing is destroyed; `contract`
   * is for what it left, in one transaction. Without one, all of them run.
   */
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
  const { plan, phase, by } = command;
  if (!change.exists) await change.create();
  let standing = standingOf(plan, await change.entries());
  const pending = plan.all.slice(standing, plan.total);
  const narrows = await narrowsData(pending, change);
  const together = phase === 'contract' && narrows;
  for (const [index, planned] of pending.entries()) {
    const { migration } = planned;
    if (migration.kind === 'contract' && narrows && phase === 'expand') return { standing, held: true };
    if (index > 0 && !mayShare(command, { first: pending[0]?.migration, migration, together })) break;
    if (migration.kind === 'contract' && narrows) await change.passPointOfNoReturn();
    if (migration.kind === 'concurrent') {
      await recordConcurrent(change, planned, by, false);
      return { standing, outside: { planned, migration } };
    }
    if (migration.kind === 'batched' && !together)
      return { standing: (await applyBatch(change, planned, migration, by)) ? standing + 1 : standing };
    await (migration.kind === 'batched' ? applyBatches(change, planned, migration, by) : applyOne(change, planned, migration, by));
    standing += 1;
  }
  return { standing };
};

/** Whether contract migrations are pending on data that was there before: what this job has made is undone by dropping it. */
const narrowsData = async (pending: readonly PlannedMigration[], change: SchemaChange): Promise<boolean> =>
  pending.some(({ migration }) => migration.kind === 'contract') && !(await change.isOwn());

/** What the contract phase left of a module stands or falls together, whatever the slice says, but for what fits no transaction. */
const mayShare = (
  { slice }: ApplyMigrations,
  { first, migration, together }: { readonly first: Migration | undefined; readonly migration: Migration; readonly together: boolean },
): boolean => {
  if (together) return migration.kind !== 'concurrent';
  return migration.kind === first?.kind && (migration.kind === 'contract' || !slice.isOver());
};

/** False while the index is still being built. A worker that came too late for the fence may have built it behind a rollback. */
const buildOutside = async ({ schema, slice, by }: ApplyMigrations, { planned, migration }: Concurrent): Promise<boolean> => {
  const built = await asPartOf(planned, 'up', () => ensureIndex(schema.indexes, migration.index, slice));
  try {
    await schema.change(async (change) => {
      if (built) await recordConcurrent(change, planned, by, true);
    });
    return built;
  } catch (error) {
    if (error instanceof Refused) await schema.indexes.dropStray(migration.index, planned.entry);
    throw error;
  }
};
