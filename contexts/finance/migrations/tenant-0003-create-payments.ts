import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createPayments: Migration = {
  number: 3,
  name: 'create_payments',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('payments')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('invoice_id', 'text', (column) => column.notNull().references('invoices.id').onDelete('cascade'))
      .addColumn('amount', 'integer', (column) => column.notNull().check(sql`amount > 0`))
      .addColumn('received_at', 'timestamptz', (column) => column.notNull())
      .addColumn('recorded_by', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('payments_by_invoice').on('payments').column('invoice_id').execute();
  },
  down: (db) => db.schema.dropTable('payments').execute(),
};
