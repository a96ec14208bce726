import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/** Everybody who may sign in anywhere, once. Nothing of a tenant's stands here, not even which tenants somebody has a profile in. */
export const createUsers: Migration = {
  number: 1,
  name: 'create_users',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('users')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('issuer', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .addColumn('disabled_at', 'timestamptz')
      .addUniqueConstraint('users_one_for_each_subject', ['issuer', 'subject'])
      .execute(),
  down: (db) => db.schema.dropTable('users').execute(),
};
