import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failingDatabase, type Moment } from '../../support/failing-database.ts';
import { type Job, makeMigratorBench, type Operation } from '../../support/migrator-bench.ts';
import { openPgDatabase } from '../../support/pg-database.ts';
import { addColumn, createItems, dropName, indexNames, shopOf, upperNames } from '../../support/shop.ts';
import { emptyShop, type ShopState, shopState } from '../../support/shop-life.ts';
import { startStand, type TenantStand } from '../../support/tenant-stand.ts';

/**
 * A worker may die at any call to the database, before it takes effect or after it. Whoever repeats the operation must end where
 * an undisturbed one ends; whoever rolls back instead must find everything as it was, unless the job has said that it only goes
 * forward: then repeating must do.
 */

const stand = startStand();
const { job, other } = stand;
const declaration = shopOf([[createItems], [addColumn(2, 'colour'), upperNames(3), indexNames(4)], [dropName(5)], [addColumn(6, 'size')]]);

/** Each operation works with this fence; what undoes it comes with a higher one. */
const mine = { id: job, fence: 5, from: '1.0.0', to: '4.0.0' };

interface Case {
  readonly name: string;
  /** What others did before: each is an operation with its job. */
  readonly before: readonly (readonly [Operation, Job])[];
  /** What this job did before. */
  readonly own?: readonly (readonly [Operation, Job])[];
  readonly operation: Operation;
  readonly job: Job;
  /** How it is undone; without one it can only be repeated. */
  readonly undo?: Job['undo'];
  readonly sliceBudgetMs?: number;
}

const theirs = { id: other, fence: 1 };
const installed = [['migrateForTenant', { ...theirs, to: '1.0.0' }]] as const;
/** With an index that was built outside a transaction, on a column that stays. */
const indexed = [['migrateForTenant', { ...theirs, to: '2.0.0' }]] as const;
const archived = [...installed, ['archiveForTenant', theirs]] as const;
const expand = ['migrateForTenant', { ...mine, phase: 'expand' }] as const;

const cases: readonly Case[] = [
  { name: 'the first install', before: [], operation: 'migrateForTenant', job: { ...mine, from: null }, undo: 'migrations' },
  {
    name: 'the expand phase',
    before: installed,
    operation: 'migrateForTenant',
    job: { ...mine, phase: 'expand' },
    undo: 'migrations',
    sliceBudgetMs: 0,
  },
  {
    name: 'the contract phase',
    before: installed,
    own: [expand],
    operation: 'migrateForTenant',
    job: { ...mine, phase: 'contract' },
    undo: 'migrations',
  },
  {
    name: 'a downgrade',
    before: indexed,
    operation: 'downgradeForTenant',
    job: { ...mine, from: '2.0.0', to: '1.0.0' },
    undo: 'migrations',
  },
  { name: 'an archive', before: installed, operation: 'archiveForTenant', job: mine, undo: 'archive' },
  { name: 'a restore', before: archived, operation: 'restoreForTenant', job: mine, undo: 'restore' },
  { name: 'a purge', before: archived, operation: 'purgeForTenant', job: mine },
  {
    name: 'the undoing of a first install',
    before: [],
    own: [['migrateForTenant', mine]],
    operation: 'rollbackForTenant',
    job: { ...mine, from: null },
  },
  { name: 'the undoing of an upgrade', before: installed, own: [expand], operation: 'rollbackForTenant', job: mine, sliceBudgetMs: 0 },
  {
    name: 'the undoing of an archive',
    before: installed,
    own: [['archiveForTenant', mine]],
    operation: 'rollbackForTenant',
    job: { ...mine, undo: 'archive' },
  },
  {
    name: 'the undoing of a restore',
    before: archived,
    own: [['restoreForTenant', mine], expand],
    operation: 'rollbackForTenant',
    job: { ...mine, undo: 'restore' },
  },
];

describe.each(cases)(
  '$name, broken off at each of its calls',
  ({ before, own = [], operation, job: request, undo, sliceBudgetMs = 30_000 }) => {
    let tenant: TenantStand;
    let close: () => Promise<void>;
    const bench = (database = tenant.database) => makeMigratorBench({ declaration, tenant: tenant.tenant, database, sliceBudgetMs });
    const prepare = async (): Promise<{ readonly asBefore: ShopState }> => {
      await emptyShop(tenant);
      if (before.length > 0) await tenant.letIn('shop', 1);
      for (const [what, who] of before) await bench().all(what, who);
      const asBefore = await shopState(tenant);
      await tenant.letIn('shop', mine.fence);
      for (const [what, who] of own) await bench().all(what, who);
      return { asBefore };
    };
    /** Every call, before it took effect and after; answers how the broken worker left the database. */
    const eachBreak = async (then: (broken: { readonly asBefore: ShopState; readonly at: string }) => Promise<void>): Promise<number> => {
      await prepare();
      const counted = failingDatabase(tenant.database);
      await bench(counted).all(operation, request);
      for (let at = 0; at < counted.calls(); at += 1)
        for (const moment of ['before', 'after'] as const satisfies readonly Moment[]) {
          const { asBefore } = await prepare();
          await expect(bench(failingDatabase(tenant.database, at, moment)).all(operation, request)).rejects.toMatchObject({
            name: 'Unavailable',
          });
          await then({ asBefore, at: `${moment} call ${at}` });
        }
      return counted.calls();
    };
    beforeAll(async () => {
      const made = await stand.aTenant();
      const opened = openPgDatabase(made.tenant.owner);
      tenant = { ...made, database: opened.database };
      close = opened.close;
    });
    afterAll(() => close());

    test('ends, when it is repeated, where an undisturbed one ends', async () => {
      await prepare();
      await bench().all(operation, request);
      const wanted = await shopState(tenant);
      const calls = await eachBreak(async ({ at }) => {
        expect((await bench().all(operation, request)).at(-1)?.done).toBe(true);
        expect([at, await shopState(tenant)]).toEqual([at, wanted]);
      });
      expect(calls).toBeGreaterThan(0);
    }, 120_000);

    if (undo !== undefined)
      test('is undone wholly, or says that it only goes forward and does', async () => {
        await eachBreak(async ({ asBefore, at }) => {
          await tenant.letIn('shop', mine.fence + 1);
          const back = { ...request, fence: mine.fence + 1, undo };
          if (await isCommitted(tenant)) {
            await expect(bench().all('rollbackForTenant', back)).rejects.toThrow('only goes forward');
            expect((await bench().all(operation, { ...request, fence: mine.fence + 1 })).at(-1)?.done).toBe(true);
          } else {
            expect((await bench().all('rollbackForTenant', back)).at(-1)?.done).toBe(true);
            expect([at, forgetful(await shopState(tenant))]).toEqual([at, forgetful(asBefore)]);
          }
        });
      }, 120_000);
  },
);

const isCommitted = async ({ database }: TenantStand): Promise<boolean> => {
  const { rows } = await database.query({ sql: `SELECT committed_by FROM platform.fence WHERE module = 'shop'`, parameters: [] });
  return rows[0]?.['committed_by'] === job;
};

/** The fence's token, and whether a fence that was taken away is remembered, are not as before. */
const forgetful = ({ structure, rows }: ShopState): unknown => {
  const { 'platform.fence': fence, 'platform.past_fences': _past, ...others } = rows;
  return { structure, others, fenced: fence?.length };
};
