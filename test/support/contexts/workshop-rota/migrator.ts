import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import type { Migration } from '../../../../contexts/shared/application/migration.ts';
import { manifest } from './module.ts';

const createShifts: Migration = {
  number: 1,
  name: 'create_shifts',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('shifts')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .execute(),
  down: (db) => db.schema.dropTable('shifts').execute(),
};

const addBench: Migration = {
  number: 2,
  name: 'add_bench',
  kind: 'transactional',
  up: (db) => db.schema.alterTable('shifts').addColumn('bench', 'text').execute(),
  down: (db) => db.schema.alterTable('shifts').dropColumn('bench').execute(),
};

export const declaration = defineMigrator({ manifest, landlord: [], tenant: [createShifts, addBench] });
