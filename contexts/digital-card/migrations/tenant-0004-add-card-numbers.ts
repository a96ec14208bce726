import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/**
 * From here each new card gets a number, whichever code writes it: the database gives it. The default comes after the column,
 * or PostgreSQL would write the whole table anew, under a lock, to number the cards that are there.
 */
export const addCardNumbers: Migration = {
  number: 4,
  name: 'add_card_numbers',
  kind: 'transactional',
  up: async (db) => {
    await db.schema.alterTable('digital_cards').addColumn('number', 'integer').execute();
    await sql`CREATE SEQUENCE digital_card.digital_cards_number AS integer OWNED BY digital_card.digital_cards.number`.execute(db);
    await db.schema
      .alterTable('digital_cards')
      .alterColumn('number', (column) => column.setDefault(sql`nextval('digital_card.digital_cards_number')`))
      .execute();
  },
  down: (db) => db.schema.alterTable('digital_cards').dropColumn('number').execute(),
};
