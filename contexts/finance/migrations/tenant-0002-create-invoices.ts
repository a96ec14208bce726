import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/** Amounts are in the currency's smallest unit. What was paid stands beside its payments, so that a list need not add them up. */
export const createInvoices: Migration = {
  number: 2,
  name: 'create_invoices',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('invoices')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('member_number', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('amount', 'integer', (column) => column.notNull().check(sql`amount > 0`))
      .addColumn('currency', 'text', (column) => column.notNull().check(sql`currency ~ '^[A-Z]{3}$'`))
      .addColumn('paid', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('terms_id', 'text', (column) => column.notNull().references('payment_terms.id'))
      .addColumn('issued_at', 'timestamptz', (column) => column.notNull())
      .addColumn('due_at', 'timestamptz', (column) => column.notNull())
      .addCheckConstraint('invoices_paid_at_most_once', sql`paid BETWEEN 0 AND amount`)
      .addCheckConstraint('invoices_due_after_issue', sql`due_at >= issued_at`)
      .execute();
    await db.schema.createIndex('invoices_terms').on('invoices').column('terms_id').execute();
    await db.schema.createIndex('invoices_member').on('invoices').column('member_number').execute();
  },
  down: (db) => db.schema.dropTable('invoices').execute(),
};
