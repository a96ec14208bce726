import type { Migration } from '../../shared/application/migration.ts';

/** Whoever depends on 2.0.0 may rely on it that every card has a number. */
export const requireCardNumbers: Migration = {
  number: 7,
  name: 'require_card_numbers',
  kind: 'contract',
  up: (db) =>
    db.schema
      .alterTable('digital_cards')
      .alterColumn('number', (column) => column.setNotNull())
      .execute(),
  down: (db) =>
    db.schema
      .alterTable('digital_cards')
      .alterColumn('number', (column) => column.dropNotNull())
      .execute(),
};
