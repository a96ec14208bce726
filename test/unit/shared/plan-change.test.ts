import { describe, expect, test } from '@jest/globals';
import { defineMigrator } from '../../../contexts/shared/application/define-migrator.ts';
import { defineModule } from '../../../contexts/shared/application/define-module.ts';
import type { Migration } from '../../../contexts/shared/application/migration.ts';
import { planChange } from '../../../contexts/shared/application/plan-change.ts';
import { CONTRACT, PlanAnswer } from '../../../contexts/shared/domain/migrator-contract.ts';

const table = (number: number, name: string): Migration => ({
  number,
  name: `create_${name}`,
  kind: 'transactional',
  up: (db) => db.schema.createTable(name).addColumn('id', 'text').execute(),
  down: (db) => db.schema.dropTable(name).execute(),
});

const indexIds: Migration = { number: 3, name: 'index_ids', kind: 'concurrent', index: { name: 'items_id', table: 'items', on: 'id' } };

const requireIds: Migration = {
  number: 4,
  name: 'require_ids',
  kind: 'contract',
  up: (db) =>
    db.schema
      .alterTable('items')
      .alterColumn('id', (c) => c.setNotNull())
      .execute(),
  down: (db) =>
    db.schema
      .alterTable('items')
      .alterColumn('id', (c) => c.dropNotNull())
      .execute(),
};

const shop = defineMigrator({
  manifest: defineModule({
    name: 'shop',
    title: 'Shop',
    description: 'For tests of plans.',
    subscriptionRequired: false,
    serves: '>=1 <3',
    versions: [
      { version: '1.0.0', migrations: { landlord: 1, tenant: 1 }, tables: { landlord: ['config'], tenant: ['items'] }, seeds: true },
      { version: '2.0.0', migrations: { landlord: 1, tenant: 4 }, tables: { landlord: ['config'], tenant: ['items', 'tags'] } },
    ],
  }),
  landlord: [table(1, 'config')],
  tenant: [table(1, 'items'), table(2, 'tags'), indexIds, requireIds],
  seed: (db) => db.insertInto('items').values({ id: 'first' }).execute(),
});

type Question = Partial<Parameters<typeof planChange>[1]> & Pick<Parameters<typeof planChange>[1], 'change'>;

const plan = async (question: Question): Promise<PlanAnswer> =>
  PlanAnswer.parse(await planChange(shop, { operation: 'plan', contract: CONTRACT, module: 'shop', from: null, to: null, ...question }));
const sqlOf = (statements: readonly { readonly sql: string }[]): readonly string[] => statements.map(({ sql }) => sql);

describe('The plan of', () => {
  test('an install makes the schema, runs both scopes and plants the seed; nothing is there to be lost', async () => {
    const { schema, migrations, seed, losesData } = await plan({ change: 'install', to: '1.0.0' });
    expect(sqlOf(schema)).toEqual([
      'create schema "shop"',
      `comment on schema "shop" is 'created by job <job>'`,
      expect.stringContaining('create table "shop"."_ledger"'),
      expect.stringContaining('comment on table "shop"."_ledger"'),
      'revoke all on "shop"."_ledger" from "<app role>"',
    ]);
    expect(migrations.map(({ scope, direction, losesData: loses, statements }) => [scope, direction, loses, ...sqlOf(statements)])).toEqual(
      [
        ['landlord', 'up', false, 'create table "shop"."config" ("id" text)'],
        ['tenant', 'up', false, 'create table "shop"."items" ("id" text)'],
      ],
    );
    expect(sqlOf(seed)).toEqual(['insert into "shop"."items" ("id") values ($1)']);
    expect(losesData).toBe(false);
    expect(await plan({ change: 'install', to: '2.0.0' })).toMatchObject({ losesData: false, seed: [] });
  });

  test('an upgrade runs what is between the versions, and says that a contract migration narrows', async () => {
    const { schema, migrations, losesData } = await plan({ change: 'upgrade', from: '1.0.0', to: '2.0.0' });
    expect([schema, losesData]).toEqual([[], true]);
    expect(migrations.map(({ name, kind, losesData: loses }) => [name, kind, loses])).toEqual([
      ['create_tags', 'transactional', false],
      ['index_ids', 'concurrent', false],
      ['require_ids', 'contract', true],
    ]);
  });

  test('a downgrade runs the downs, the last first and indexes after them, and leaves the landlord alone', async () => {
    const { migrations, losesData } = await plan({ change: 'downgrade', from: '2.0.0', to: '1.0.0' });
    expect(migrations.map(({ number, direction, statements }) => [number, direction, ...sqlOf(statements)])).toEqual([
      [4, 'down', 'alter table "shop"."items" alter column "id" drop not null'],
      [2, 'down', 'drop table "shop"."tags"'],
      [3, 'down', 'drop index concurrently if exists "shop"."items_id"'],
    ]);
    expect([losesData, migrations.map((migration) => migration.losesData)]).toEqual([true, [false, true, false]]);
  });

  test('an uninstall renames the schema and shuts the application out', async () => {
    expect(await plan({ change: 'uninstall', from: '1.0.0', archive: 2 })).toMatchObject({
      schema: [{ sql: 'alter schema "shop" rename to "shop__a2"' }, { sql: 'revoke usage on schema "shop__a2" from "<app role>"' }],
      migrations: [],
      losesData: false,
    });
  });

  test('a restore renames it back, lets the application in, and runs what the archive lacks', async () => {
    const { schema, migrations } = await plan({ change: 'restore', from: '1.0.0', to: '2.0.0', archive: 2 });
    expect(sqlOf(schema)).toEqual(['alter schema "shop__a2" rename to "shop"', 'grant usage on schema "shop" to "<app role>"']);
    expect(migrations.map(({ name }) => name)).toEqual(['create_tags', 'index_ids', 'require_ids']);
    expect(await plan({ change: 'restore', from: '1.0.0' })).toMatchObject({ migrations: [], losesData: false });
  });

  test('a purge drops the archive, which loses data', async () => {
    expect(await plan({ change: 'purge' })).toMatchObject({ schema: [{ sql: 'drop schema "shop__a1" cascade' }], losesData: true });
  });

  test('a change is refused without the versions that it is between', async () => {
    await expect(plan({ change: 'downgrade', from: '2.0.0' })).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'to' }] });
    await expect(plan({ change: 'install' })).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'to' }] });
    await expect(plan({ change: 'upgrade' })).rejects.toMatchObject({ fields: [{ field: 'from' }, { field: 'to' }] });
  });
});
