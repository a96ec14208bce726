import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

export const createDigitalCards: Migration = {
  number: 2,
  name: 'create_digital_cards',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('digital_cards')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('code', 'text', (column) => column.notNull().unique())
      .addColumn('template_id', 'text', (column) => column.notNull().references('card_templates.id'))
      .addColumn('holder_name', 'text', (column) => column.notNull().check(sql`length(holder_name) BETWEEN 1 AND 200`))
      .addColumn('holder_reference', 'text')
      .addColumn('attributes', 'jsonb', (column) => column.notNull().defaultTo(sql`'{}'::jsonb`))
      .addColumn('issued_at', 'timestamptz', (column) => column.notNull())
      .addColumn('issued_by', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'timestamptz')
      .addColumn('revoked_at', 'timestamptz')
      .addColumn('revoked_reason', 'text')
      .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
      .addCheckConstraint('digital_cards_reason_only_when_revoked', sql`revoked_reason IS NULL OR revoked_at IS NOT NULL`)
      .addCheckConstraint('digital_cards_expire_after_issue', sql`expires_at > issued_at`)
      .execute();
    await db.schema.createIndex('digital_cards_template').on('digital_cards').column('template_id').execute();
    await db.schema.createIndex('digital_cards_holder').on('digital_cards').column('holder_reference').execute();
  },
  down: (db) => db.schema.dropTable('digital_cards').execute(),
};
