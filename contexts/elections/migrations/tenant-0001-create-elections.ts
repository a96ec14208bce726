import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createElections: Migration = {
  number: 1,
  name: 'create_elections',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('elections')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('title', 'text', (column) => column.notNull().check(sql`length(title) BETWEEN 1 AND 200`))
      .addColumn('opens_at', 'timestamptz', (column) => column.notNull())
      .addColumn('closes_at', 'timestamptz', (column) => column.notNull())
      .addColumn('closed_at', 'timestamptz')
      .addColumn('closed_reason', 'text', (column) => column.check(sql`closed_reason IN ('early', 'module-uninstalled')`))
      .addColumn('created_at', 'timestamptz', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addCheckConstraint('elections_close_after_they_open', sql`closes_at > opens_at`)
      .addCheckConstraint('elections_closed_for_a_reason', sql`(closed_at IS NULL) = (closed_reason IS NULL)`)
      .execute(),
  down: (db) => db.schema.dropTable('elections').execute(),
};
