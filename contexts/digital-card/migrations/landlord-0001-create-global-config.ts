import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/** Settings that hold for all tenants; none of its rows is about one of them. */
export const createGlobalConfig: Migration = {
  number: 1,
  name: 'create_global_config',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('digital_card_global_config')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('value', 'jsonb', (column) => column.notNull())
      .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute(),
  down: (db) => db.schema.dropTable('digital_card_global_config').execute(),
};
