import type { Migration } from '../../../../../contexts/shared/application/migration.ts';

export const createOrders: Migration = {
  number: 2,
  name: 'create_orders',
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable('orders')
      .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
      .addColumn('part', 'integer', (column) => column.notNull().references('parts.id'))
      .execute();
    await db.schema.createIndex('orders_part').on('orders').column('part').execute();
  },
  down: (db) => db.schema.dropTable('orders').execute(),
};
