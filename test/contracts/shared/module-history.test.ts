import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeDataApiFences } from '../../../contexts/module-registry/adapters/data-api-fences.ts';
import { type Job, type MigratorBench, makeMigratorBench, targetOf } from '../../support/migrator-bench.ts';
import { openPgDatabase } from '../../support/pg-database.ts';
import { addColumn, createItems, dropColour, indexNames, shopOf, upperNames } from '../../support/shop.ts';
import { emptyShop, type ShopState, shopState } from '../../support/shop-life.ts';
import { startStand, type TenantStand } from '../../support/tenant-stand.ts';

const { aTenant } = startStand();

const declaration = shopOf([
  [createItems],
  [addColumn(2, 'colour'), upperNames(3), indexNames(4)],
  [dropColour(5)],
  [addColumn(6, 'size')],
]);
const newest = 4;
const versionOf = (version: number): string => `${version}.0.0`;

/** What should stand: the version of the module, and that of each archive by its number. */
interface Model {
  readonly live?: number;
  readonly archives: ReadonlyMap<number, number>;
  /** Archives that there ever were. */
  readonly archived: number;
}

/** One job: what it does, how it is undone before its point of no return, and what stands then. */
interface Change {
  readonly name: string;
  readonly work: (bench: MigratorBench, job: Job) => Promise<unknown>;
  readonly commit?: (bench: MigratorBench, job: Job) => Promise<unknown>;
  readonly undo?: Pick<Job, 'from' | 'undo' | 'archive'>;
  readonly after: Model;
}

const migrate =
  (to: number, phase: 'expand' | 'contract') =>
  (bench: MigratorBench, job: Job): Promise<unknown> =>
    bench.all('migrateForTenant', { ...job, to: versionOf(to), phase });

const versionsFrom = (least: number): readonly number[] => [1, 2, 3, 4].filter((version) => version >= least && version <= newest);

const installs = (model: Model): readonly Change[] =>
  versionsFrom(1).map((to) => ({
    name: `install ${to}`,
    work: migrate(to, 'expand'),
    commit: migrate(to, 'contract'),
    undo: { from: null },
    after: { ...model, live: to },
  }));

const restores = (model: Model): readonly Change[] =>
  [...model.archives].flatMap(([archive, from]) =>
    versionsFrom(from).map((to) => ({
      name: `restore ${archive} to ${to}`,
      work: async (bench: MigratorBench, job: Job) => {
        await bench.slice('restoreForTenant', { ...job, archive });
        await migrate(to, 'expand')(bench, job);
      },
      commit: migrate(to, 'contract'),
      undo: { from: versionOf(from), undo: 'restore' as const, archive },
      after: { ...model, live: to, archives: without(model.archives, archive) },
    })),
  );

const changesOfLive = (model: Model, live: number): readonly Change[] => [
  ...versionsFrom(live + 1).map((to) => ({
    name: `upgrade ${live} to ${to}`,
    work: migrate(to, 'expand'),
    commit: migrate(to, 'contract'),
    undo: { from: versionOf(live) },
    after: { ...model, live: to },
  })),
  ...[1, 2, 3]
    .filter((to) => to < live)
    .map((to) => ({
      name: `downgrade ${live} to ${to}`,
      work: async () => undefined,
      commit: (bench: MigratorBench, job: Job) => bench.slice('downgradeForTenant', { ...job, from: versionOf(live), to: versionOf(to) }),
      undo: { from: versionOf(live) },
      after: { ...model, live: to },
    })),
  {
    name: `uninstall ${live}`,
    work: (bench, job) => bench.slice('archiveForTenant', { ...job, archive: model.archived + 1 }),
    undo: { from: versionOf(live), undo: 'archive', archive: model.archived + 1 },
    after: {
      archives: new Map([...model.archives, [model.archived + 1, live]]),
      archived: model.archived + 1,
    },
  },
];

const purges = (model: Model): readonly Change[] =>
  [...model.archives.keys()].map((archive) => ({
    name: `purge ${archive}`,
    work: (bench: MigratorBench, job: Job) => bench.slice('purgeForTenant', { ...job, archive }),
    after: { ...model, archives: without(model.archives, archive) },
  }));

const changesOf = (model: Model): readonly Change[] => [
  ...(model.live === undefined ? [...installs(model), ...restores(model)] : changesOfLive(model, model.live)),
  ...purges(model),
];

const without = (archives: ReadonlyMap<number, number>, gone: number): ReadonlyMap<number, number> =>
  new Map([...archives].filter(([archive]) => archive !== gone));

/** Schemas and fence as a model has them; the structure of the live module, to be compared with the same version’s at other times. */
const seenIn = ({ structure, rows }: ShopState) => ({
  schemas: Object.keys(rows).filter((name) => name.endsWith('._ledger')),
  fenced: rows['platform.fence']?.length === 1,
  live: structure.filter((line) => !line.includes('shop__a') && !line.startsWith('schema ')),
});

const expected = ({ live, archives }: Model) => ({
  schemas: [...(live === undefined ? [] : ['shop._ledger']), ...[...archives.keys()].toSorted().map((n) => `shop__a${n}._ledger`)],
  fenced: live !== undefined || archives.size > 0,
});

/** Without the token and what is remembered of it. */
const forgetful = ({ structure, rows }: ShopState): unknown => {
  const { 'platform.fence': fence, 'platform.past_fences': _past, ...others } = rows;
  return { structure, others, fenced: fence?.length };
};

interface History {
  readonly tenant: TenantStand;
  readonly structures: Map<number, readonly string[]>;
}

const runJob = async (
  { tenant, structures }: History,
  model: Model,
  { change, number, undone }: { change: Change; number: number; undone: boolean },
) => {
  const bench = makeMigratorBench({ declaration, tenant: tenant.tenant, database: tenant.database });
  const id = `01K00000000000000000000J${String(number).padStart(2, '0')}`;
  const letIn = async (fence: number): Promise<Job> => {
    const { raised, committedBy } = await makeDataApiFences(() => tenant.database).raise(targetOf(tenant.tenant), 'shop', fence);
    expect([raised, committedBy === id]).toEqual([true, false]);
    return { id, fence };
  };
  const before = await shopState(tenant);
  const job = await letIn(4 * number);
  await change.work(bench, job);
  if (undone && change.undo !== undefined) {
    await bench.all('rollbackForTenant', { ...(await letIn(4 * number + 1)), ...change.undo });
    expect([change.name, forgetful(await shopState(tenant))]).toEqual([change.name, forgetful(before)]);
    return model;
  }
  await change.commit?.(bench, job);
  const { live, ...seen } = seenIn(await shopState(tenant));
  expect([change.name, seen]).toEqual([change.name, expected(change.after)]);
  if (change.after.live !== undefined) {
    expect([change.name, live]).toEqual([change.name, structures.get(change.after.live) ?? live]);
    structures.set(change.after.live, live);
  }
  return change.after;
};

describe('A module, whatever jobs come one after the other and however many of them are undone', () => {
  test('stands as the last one left it, a version looks the same at all times, and an undone job leaves nothing', async () => {
    const made = await aTenant();
    const { database, close } = openPgDatabase(made.tenant.owner);
    const history = { tenant: { ...made, database }, structures: new Map<number, readonly string[]>() };
    const jobs = fc.array(fc.record({ pick: fc.nat(), undone: fc.boolean() }), { minLength: 4, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(jobs, async (steps) => {
        await emptyShop(history.tenant);
        let model: Model = { archives: new Map(), archived: 0 };
        for (const [index, { pick, undone }] of steps.entries()) {
          const possible = changesOf(model);
          const change = possible[pick % possible.length];
          if (change !== undefined) model = await runJob(history, model, { change, number: index + 1, undone });
        }
      }),
      { numRuns: 12 },
    );
    await close();
  }, 120_000);
});
