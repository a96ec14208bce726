import type { Migration } from '../../../../../contexts/shared/application/migration.ts';

export const createNotes: Migration = {
  number: 1,
  name: 'create_notes',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('notes')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('text', 'text', (column) => column.notNull())
      .execute(),
  down: (db) => db.schema.dropTable('notes').execute(),
};
