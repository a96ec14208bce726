import type { Migration } from '../../../../../contexts/shared/application/migration.ts';

const createParts: Migration = {
  number: 1,
  name: 'create_parts',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('parts')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .execute(),
  down: (db) => db.schema.dropTable('parts').execute(),
};

const addWeight: Migration = {
  number: 2,
  name: 'add_weight',
  kind: 'transactional',
  up: (db) => db.schema.alterTable('parts').addColumn('weight', 'integer').execute(),
  down: (db) => db.schema.alterTable('parts').dropColumn('weight').execute(),
};

const indexWeights: Migration = {
  number: 3,
  name: 'index_weights',
  kind: 'concurrent',
  index: { name: 'parts_by_weight', table: 'parts', on: 'weight' },
};

const requireWeight: Migration = {
  number: 4,
  name: 'require_weight',
  kind: 'contract',
  up: (db) =>
    db.schema
      .alterTable('parts')
      .alterColumn('weight', (column) => column.setNotNull())
      .execute(),
  down: (db) =>
    db.schema
      .alterTable('parts')
      .alterColumn('weight', (column) => column.dropNotNull())
      .execute(),
};

export const tenantMigrations = [createParts, addWeight, indexWeights, requireWeight];
