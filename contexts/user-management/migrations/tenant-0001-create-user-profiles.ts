import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createUserProfiles: Migration = {
  number: 1,
  name: 'create_user_profiles',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('user_profiles')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('subject', 'text', (column) => column.notNull().unique())
      .addColumn('display_name', 'text', (column) => column.notNull().check(sql`length(display_name) BETWEEN 1 AND 200`))
      .addColumn('email', 'text')
      .addColumn('locale', 'text')
      .addColumn('time_zone', 'text')
      .addColumn('created_at', 'timestamptz', (column) => column.notNull())
      .addColumn('deactivated_at', 'timestamptz')
      .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
      .execute(),
  down: (db) => db.schema.dropTable('user_profiles').execute(),
};
