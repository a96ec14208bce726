import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/** One row for each time that a code was shown; a code that no card has is kept as `unknown`, without the code. */
export const createCardValidations: Migration = {
  number: 3,
  name: 'create_card_validations',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('card_validations')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`length(id) = 26`))
      .addColumn('card_id', 'text', (column) => column.references('digital_cards.id').onDelete('cascade'))
      .addColumn('outcome', 'text', (column) => column.notNull().check(sql`outcome IN ('valid', 'expired', 'revoked', 'unknown')`))
      .addColumn('validated_at', 'timestamptz', (column) => column.notNull())
      .addColumn('validated_by', 'text', (column) => column.notNull())
      .addCheckConstraint('card_validations_unknown_has_no_card', sql`(outcome = 'unknown') = (card_id IS NULL)`)
      .execute();
    await db.schema.createIndex('card_validations_by_card').on('card_validations').columns(['card_id', 'validated_at desc']).execute();
  },
  down: (db) => db.schema.dropTable('card_validations').execute(),
};
