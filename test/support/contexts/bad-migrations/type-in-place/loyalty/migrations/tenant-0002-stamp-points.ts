import type { Migration } from '../../../../../../../contexts/shared/application/migration.ts';

/** Every row would be written anew while nobody can read one. */
export const stampPoints: Migration = {
  number: 2,
  name: 'stamp_points',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .alterTable('points')
      .alterColumn('earned_at', (column) => column.setDataType('timestamptz'))
      .execute(),
  down: (db) =>
    db.schema
      .alterTable('points')
      .alterColumn('earned_at', (column) => column.setDataType('date'))
      .execute(),
};
