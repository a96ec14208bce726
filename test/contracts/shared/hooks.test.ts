import { describe, expect, test } from '@jest/globals';
import type { HookContext, PostHook, ReversibleHook } from '../../../contexts/shared/application/migration.ts';
import { HookName } from '../../../contexts/shared/domain/hook-name.ts';
import { addColumn, createItems, shopOf } from '../../support/shop.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { aTenant, job, other } = startStand();

/** A shop whose hooks write down what they were told. */
const noting = (run: (context: HookContext) => Promise<unknown> = async () => undefined) => {
  const notes: string[] = [];
  const hooks = Object.fromEntries(
    HookName.options.map((name) => [
      name,
      {
        run: async (context: HookContext) => {
          notes.push(`${name} ${context.version} from ${context.from} ${context.idempotencyKey}`);
          await run(context);
        },
      },
    ]),
  );
  return { notes, declaration: shopOf([[createItems], [addColumn(2, 'colour')]], { hooks }) };
};

const closeItems = ({ change }: HookContext) => change((db) => db.updateTable('items').set({ name: 'closed' }).execute());

/** A tenant with a shop whose pre hooks throw away the first ten items, and can bring them back. */
const aReversible = async (version = '2.0.0', undo?: ReversibleHook['undo'], more = '') => {
  const tenant = await aTenant();
  await tenant.letIn('shop', 1);
  let runs = 0;
  const throwAway: ReversibleHook = {
    change: async (db) => {
      runs += 1;
      const gone = await db.deleteFrom('items').where('id', '<=', 10).returning(['id', 'name']).execute();
      return { gone, more };
    },
    undo:
      undo ??
      ((db, { gone }) =>
        db
          .insertInto('items')
          .values(gone as object[])
          .execute()),
  };
  const hooks = { preUpgrade: throwAway, preUninstall: throwAway };
  const { all, slice } = tenant.bench(shopOf([[createItems], [addColumn(2, 'colour')]], { hooks }));
  await all('migrateForTenant', { id: other, fence: 1, to: version });
  await tenant.letIn('shop', 2);
  const rows = async () => (await tenant.database.query({ sql: 'SELECT id, name FROM shop.items ORDER BY id', parameters: [] })).rows;
  return { all, slice, rows, runs: () => runs };
};

describe('The hooks of a module', () => {
  test.each([
    ['preInstall', { from: null, to: '1.0.0' }, '1.0.0 from null'],
    ['postInstall', { from: null, to: '1.0.0' }, '1.0.0 from null'],
    ['preUpgrade', { from: '1.0.0', to: '2.0.0' }, '2.0.0 from 1.0.0'],
    ['postUpgrade', { from: '1.0.0', to: '2.0.0' }, '2.0.0 from 1.0.0'],
    ['preUninstall', { from: '2.0.0', to: null }, '2.0.0 from 2.0.0'],
    ['postUninstall', { from: '2.0.0', to: null }, '2.0.0 from 2.0.0'],
  ] as const)('are told from where to where: %s', async (hook, between, told) => {
    const tenant = await aTenant();
    await tenant.letIn('shop', 1);
    const { notes, declaration } = noting();
    const { all, slice } = tenant.bench(declaration);
    await all('migrateForTenant', { id: other, fence: 1, to: '1.0.0' });
    expect(await slice(hook, { id: job, fence: 1, ...between })).toMatchObject({ done: true });
    expect(notes).toEqual([`${hook} ${told} ${job}:shop:${hook}`]);
  });

  test('may change rows before an uninstall, and none after it', async () => {
    const tenant = await aTenant();
    await tenant.letIn('shop', 1);
    const { declaration } = noting(closeItems);
    const { all, slice } = tenant.bench(declaration);
    await all('migrateForTenant', { id: other, fence: 1, to: '1.0.0' });
    await tenant.letIn('shop', 2);
    const leaving = { id: job, fence: 2, from: '1.0.0', to: null };
    await slice('preUninstall', leaving);
    await slice('archiveForTenant', leaving);
    const { rows } = await tenant.database.query({ sql: 'SELECT DISTINCT name FROM shop__a1.items', parameters: [] });
    expect(rows).toEqual([{ name: 'closed' }]);
    await expect(slice('postUninstall', leaving)).rejects.toMatchObject({ name: 'Defect', facts: { sqlState: '42P01' } });
  });

  test('before an uninstall are over once the module is archived, however often they are asked for', async () => {
    const tenant = await aTenant();
    await tenant.letIn('shop', 1);
    const { declaration, notes } = noting(closeItems);
    const { all, slice } = tenant.bench(declaration);
    await all('migrateForTenant', { id: other, fence: 1, to: '1.0.0' });
    await tenant.letIn('shop', 2);
    const leaving = { id: job, fence: 2, from: '1.0.0', to: null };
    await slice('archiveForTenant', leaving);
    expect(await slice('preUninstall', leaving)).toMatchObject({ done: true });
    expect(notes).toEqual([]);
  });

  test('that can be undone change the rows once in a job, and are undone with it', async () => {
    const { rows, slice, runs } = await aReversible();
    const before = await rows();
    const leaving = { id: job, fence: 2, from: '2.0.0', to: null };
    for (let n = 0; n < 2; n += 1) await slice('preUninstall', leaving);
    expect([await rows(), runs()]).toEqual([before.slice(10), 1]);
    await slice('archiveForTenant', leaving);
    for (let n = 0; n < 2; n += 1) await slice('rollbackForTenant', { ...leaving, undo: 'archive' });
    expect(await rows()).toEqual(before);
  });

  test('that note more for their undo than can be kept change nothing, and say so', async () => {
    const { rows, slice } = await aReversible('2.0.0', undefined, 'x'.repeat(33_000));
    const before = await rows();
    const leaving = { id: job, fence: 2, from: '2.0.0', to: null };
    await expect(slice('preUninstall', leaving)).rejects.toThrow(
      /^the preUninstall hook of shop failed: what the preUninstall hook answers for its undo has \d+ bytes, at most 32768/,
    );
    expect(await rows()).toEqual(before);
  });

  test('of an upgrade read what was configured in the shape of the version that stood', async () => {
    const tenant = await aTenant();
    await tenant.letIn('shop', 1);
    const seen: unknown[] = [];
    const postUpgrade: PostHook = { run: async ({ configuration }) => seen.push(await configuration()) };
    const { manifest, ...rest } = shopOf([[createItems], [addColumn(2, 'colour')]], { hooks: { postUpgrade } });
    const shapes = [
      { properties: { colour: { type: 'string', default: 'red' } } },
      { properties: { size: { type: 'number' } }, required: ['size'], additionalProperties: false },
    ];
    const versions = manifest.versions.map((version, index) => ({ ...version, configuration: { type: 'object', ...shapes[index] } }));
    const { all, slice } = tenant.bench({ ...rest, manifest: { ...manifest, versions } });
    await all('migrateForTenant', { id: job, fence: 1, to: '1.0.0' });
    await slice('postUpgrade', { id: job, fence: 1, from: '1.0.0', to: '2.0.0' });
    expect(seen).toEqual([{ colour: 'red' }]);
  });

  test('before an upgrade are undone once its migrations are', async () => {
    const { rows, slice, all } = await aReversible('1.0.0');
    const before = await rows();
    const upgrade = { id: job, fence: 2, from: '1.0.0', to: '2.0.0' };
    await slice('preUpgrade', upgrade);
    await all('migrateForTenant', upgrade);
    expect(await rows()).toEqual(before.slice(10));
    await all('rollbackForTenant', { id: job, fence: 2, from: '1.0.0' });
    expect(await rows()).toEqual(before);
  });

  test('are not undone by a job that has not run them, nor forgotten by one that went well', async () => {
    const { rows, slice, runs } = await aReversible();
    const before = await rows();
    const leaving = { id: job, fence: 2, from: '2.0.0', to: null };
    await slice('preUninstall', leaving);
    await slice('rollbackForTenant', { ...leaving, id: other, undo: 'archive' });
    expect(await rows()).toEqual(before.slice(10));
    await slice('preUninstall', { ...leaving, id: other });
    expect(runs()).toBe(2);
  });

  test('that cannot be undone fail the rollback', async () => {
    const { slice } = await aReversible('2.0.0', () => Promise.reject(new Error('no')));
    const leaving = { id: job, fence: 2, from: '2.0.0', to: null };
    await slice('preUninstall', leaving);
    await expect(slice('rollbackForTenant', { ...leaving, undo: 'archive' })).rejects.toThrow('no');
  });

  test('of no version at all are a defect', async () => {
    const tenant = await aTenant();
    await expect(tenant.bench(noting().declaration).slice('preInstall', { id: job, fence: 1, from: null, to: null })).rejects.toThrow(
      'without a version',
    );
  });
});
