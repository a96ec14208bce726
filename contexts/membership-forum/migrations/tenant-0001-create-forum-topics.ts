import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createForumTopics: Migration = {
  number: 1,
  name: 'create_forum_topics',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('forum_topics')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('title', 'text', (column) => column.notNull().check(sql`length(title) BETWEEN 1 AND 200`))
      .addColumn('posts', 'integer', (column) => column.notNull().defaultTo(0).check(sql`posts >= 0`))
      .addColumn('started_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .addColumn('started_by', 'text', (column) => column.notNull())
      .addColumn('closed_at', 'timestamptz')
      .addColumn('closed_by', 'text')
      .addCheckConstraint('forum_topics_closed_by_someone', sql`(closed_at IS NULL) = (closed_by IS NULL)`)
      .execute(),
  down: (db) => db.schema.dropTable('forum_topics').execute(),
};
