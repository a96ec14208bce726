import type { Migration } from '../../shared/application/migration.ts';

/** Built while cards are being issued and shown; until it is there, the sequence alone sees to it that no number comes twice. */
export const indexCardNumbers: Migration = {
  number: 6,
  name: 'index_card_numbers',
  kind: 'concurrent',
  index: { name: 'digital_cards_by_number', table: 'digital_cards', on: 'number', unique: true },
};
