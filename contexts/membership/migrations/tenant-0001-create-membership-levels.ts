import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createMembershipLevels: Migration = {
  number: 1,
  name: 'create_membership_levels',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('membership_levels')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('is_default', 'boolean', (column) => column.notNull().defaultTo(false))
      .execute();
    await db.schema
      .createIndex('membership_levels_one_default')
      .unique()
      .on('membership_levels')
      .column('is_default')
      .where(sql.ref('is_default'), '=', sql.lit(true))
      .execute();
  },
  down: (db) => db.schema.dropTable('membership_levels').execute(),
};
