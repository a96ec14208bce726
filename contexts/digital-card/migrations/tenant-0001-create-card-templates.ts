import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createCardTemplates: Migration = {
  number: 1,
  name: 'create_card_templates',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('card_templates')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('layout', 'jsonb', (column) => column.notNull())
      .addColumn('validity_days', 'integer', (column) => column.check(sql`validity_days > 0`))
      .addColumn('is_default', 'boolean', (column) => column.notNull().defaultTo(false))
      .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute();
    await db.schema
      .createIndex('card_templates_one_default')
      .unique()
      .on('card_templates')
      .column('is_default')
      .where(sql.ref('is_default'), '=', sql.lit(true))
      .execute();
  },
  down: (db) => db.schema.dropTable('card_templates').execute(),
};
