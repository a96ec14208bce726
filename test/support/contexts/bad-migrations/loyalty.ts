import { defineModule } from '../../../../contexts/shared/application/define-module.ts';
import type { Migration } from '../../../../contexts/shared/application/migration.ts';

/** What the broken modules beside this have in common: only the migration of 1.1.0 is wrong, each time in another way. */
export const manifest = defineModule({
  name: 'loyalty',
  title: 'Loyalty',
  description: 'For tests: a migration of its second version is broken.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    { version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['points'] } },
    { version: '1.1.0', migrations: { landlord: 0, tenant: 2 }, tables: { landlord: [], tenant: ['points'] } },
  ],
});

export const createPoints: Migration = {
  number: 1,
  name: 'create_points',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('points')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('earned_at', 'date', (column) => column.notNull())
      .execute(),
  down: (db) => db.schema.dropTable('points').execute(),
};
