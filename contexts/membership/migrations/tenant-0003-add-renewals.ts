import type { Migration } from '../../shared/application/migration.ts';

export const addRenewals: Migration = {
  number: 3,
  name: 'add_renewals',
  kind: 'transactional',
  up: (db) => db.schema.alterTable('members').addColumn('renewed_at', 'timestamptz').execute(),
  down: (db) => db.schema.alterTable('members').dropColumn('renewed_at').execute(),
};
