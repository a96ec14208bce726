import type { Migration } from '../../../../../contexts/shared/application/migration.ts';

const createTariffs: Migration = {
  number: 1,
  name: 'create_tariffs',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('tariffs')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .execute(),
  down: (db) => db.schema.dropTable('tariffs').execute(),
};

export const landlordMigrations = [createTariffs];
