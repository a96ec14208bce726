import { sql } from 'kysely';
import { defineMigrator } from '../../contexts/shared/application/define-migrator.ts';
import { defineModule } from '../../contexts/shared/application/define-module.ts';
import type { Migration, MigratorDeclaration, TransactionalMigration } from '../../contexts/shared/application/migration.ts';

/** A module for tests of the migrator: each list holds the migrations of a version, 1.0.0, 2.0.0 … */
export const shopOf = (
  versions: readonly (readonly Migration[])[],
  more: Pick<MigratorDeclaration, 'hooks' | 'seed'> = {},
): MigratorDeclaration =>
  defineMigrator({
    manifest: defineModule({
      name: 'shop',
      title: 'Shop',
      description: 'For tests of the migrator.',
      subscriptionRequired: false,
      serves: '>=1',
      versions: versions.map((_, index) => ({
        version: `${index + 1}.0.0`,
        migrations: { landlord: 0, tenant: versions.slice(0, index + 1).flat().length },
        tables: { landlord: [], tenant: ['items'] },
        seeds: more.seed !== undefined,
        hooks: Object.keys(more.hooks ?? {}) as (keyof NonNullable<MigratorDeclaration['hooks']>)[],
      })),
    }),
    landlord: [],
    tenant: versions.flat(),
    ...more,
  });

/** Version 1 has the first migration, version 2 all of them. */
export const shop = (...more: readonly Migration[]): MigratorDeclaration => shopOf([[createItems], more]);

export const createItems: Migration = {
  number: 1,
  name: 'create_items',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('items')
      .addColumn('id', 'integer', (c) => c.primaryKey())
      .addColumn('name', 'text')
      .execute();
    await sql`INSERT INTO shop.items SELECT n, 'item ' || n FROM generate_series(1, 25) n`.execute(db);
  },
  down: (db) => db.schema.dropTable('items').execute(),
};

export const addColumn = (number: number, name: string): TransactionalMigration => ({
  number,
  name: `add_${name}`,
  kind: 'transactional',
  up: (db) => db.schema.alterTable('items').addColumn(name, 'text').execute(),
  down: (db) => db.schema.alterTable('items').dropColumn(name).execute(),
});

/** Breaks a constraint with a row that must not be told. */
export const failing = (number: number): Migration => ({
  number,
  name: 'fail',
  kind: 'transactional',
  up: (db) => sql`INSERT INTO shop.items VALUES (1, 'a secret')`.execute(db),
  down: async () => undefined,
});

/** Ten rows a batch. */
export const upperNames = (number: number): Migration => ({
  number,
  name: 'upper_names',
  kind: 'batched',
  up: async (db, cursor) => {
    const after = Number(cursor?.['after'] ?? 0);
    const rows = await db.selectFrom('items').select('id').where('id', '>', after).orderBy('id').limit(10).execute();
    const last = rows.at(-1)?.['id'];
    if (last === undefined) return undefined;
    await db.updateTable('items').set({ name: sql`upper(name)` }).where('id', '>', after).where('id', '<=', last).execute();
    return { after: last };
  },
  down: (db) => db.updateTable('items').set({ name: sql`lower(name)` }).execute(),
});

export const indexNames = (number: number, unique = false): Migration => ({
  number,
  name: 'index_names',
  kind: 'concurrent',
  index: { name: 'items_name', table: 'items', on: 'lower(name)', unique },
});

export const dropName = (number: number): Migration => ({
  number,
  name: 'drop_name',
  kind: 'contract',
  up: (db) => db.schema.alterTable('items').dropColumn('name').execute(),
  down: (db) => db.schema.alterTable('items').addColumn('name', 'text').execute(),
});

/** Of what a migration before it has added. */
export const dropColour = (number: number): Migration => ({
  number,
  name: 'drop_colour',
  kind: 'contract',
  up: (db) => db.schema.alterTable('items').dropColumn('colour').execute(),
  down: (db) => db.schema.alterTable('items').addColumn('colour', 'text').execute(),
});
