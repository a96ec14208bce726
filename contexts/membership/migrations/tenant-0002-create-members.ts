import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/** The number is the tenant's own; it stays taken when its member has left. */
export const createMembers: Migration = {
  number: 2,
  name: 'create_members',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('members')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('number', 'text', (column) => column.notNull().unique())
      .addColumn('name', 'text', (column) => column.notNull().check(sql`length(name) BETWEEN 1 AND 200`))
      .addColumn('email', 'text')
      .addColumn('level_id', 'text', (column) => column.notNull().references('membership_levels.id'))
      .addColumn('joined_at', 'timestamptz', (column) => column.notNull())
      .addColumn('left_at', 'timestamptz')
      .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
      .addCheckConstraint('members_leave_after_joining', sql`left_at >= joined_at`)
      .execute();
    await db.schema.createIndex('members_level').on('members').column('level_id').execute();
  },
  down: (db) => db.schema.dropTable('members').execute(),
};
