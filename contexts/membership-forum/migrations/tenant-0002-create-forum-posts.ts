import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createForumPosts: Migration = {
  number: 2,
  name: 'create_forum_posts',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('forum_posts')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('topic_id', 'text', (column) => column.notNull().references('forum_topics.id').onDelete('cascade'))
      .addColumn('author', 'text', (column) => column.notNull().check(sql`length(author) BETWEEN 1 AND 200`))
      .addColumn('body', 'text', (column) => column.notNull().check(sql`length(body) BETWEEN 1 AND 2000`))
      .addColumn('posted_at', 'timestamptz', (column) => column.notNull())
      .addColumn('posted_by', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('forum_posts_by_topic').on('forum_posts').columns(['topic_id', 'id']).execute();
  },
  down: (db) => db.schema.dropTable('forum_posts').execute(),
};
