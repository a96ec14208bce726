import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createPaymentTerms: Migration = {
  number: 1,
  name: 'create_payment_terms',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('payment_terms')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('days', 'integer', (column) => column.notNull().check(sql`days BETWEEN 0 AND 365`))
      .addColumn('is_default', 'boolean', (column) => column.notNull().defaultTo(false))
      .execute();
    await db.schema
      .createIndex('payment_terms_one_default')
      .unique()
      .on('payment_terms')
      .column('is_default')
      .where(sql.ref('is_default'), '=', sql.lit(true))
      .execute();
  },
  down: (db) => db.schema.dropTable('payment_terms').execute(),
};
