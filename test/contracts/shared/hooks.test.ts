import { describe, expect, test } from '@jest/globals';
import type { HookContext } from '../../../contexts/shared/application/migration.ts';
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
    expect(notes).toEqual([`${hook} ${told} ${job}:${hook}`]);
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

  test('of no version at all are a defect', async () => {
    const tenant = await aTenant();
    await expect(tenant.bench(noting().declaration).slice('preInstall', { id: job, fence: 1, from: null, to: null })).rejects.toThrow(
      'without a version',
    );
  });
});
