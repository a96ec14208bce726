import type { Migration } from '../../../../../contexts/shared/application/migration.ts';

export const createParts: Migration = {
  number: 1,
  name: 'create_parts',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('parts')
      .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .execute(),
  down: (db) => db.schema.dropTable('parts').execute(),
};
