import type { Migration } from '../../shared/application/migration.ts';

/** Which card an invoice is paid with, by the number that every card has from digital_card 2.0.0 on. */
export const nameCards: Migration = {
  number: 4,
  name: 'name_cards',
  kind: 'transactional',
  up: (db) => db.schema.alterTable('invoices').addColumn('card_number', 'integer').execute(),
  down: (db) => db.schema.alterTable('invoices').dropColumn('card_number').execute(),
};
