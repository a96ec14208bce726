import { sql } from 'kysely';
import type { Migration } from '../../../../../contexts/shared/application/migration.ts';

const createRepairs: Migration = {
  number: 1,
  name: 'create_repairs',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('repairs')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('what', 'text', (column) => column.notNull())
      .addColumn('old_code', 'text')
      .execute(),
  down: (db) => db.schema.dropTable('repairs').execute(),
};

const addHours: Migration = {
  number: 2,
  name: 'add_hours',
  kind: 'transactional',
  up: (db) => db.schema.alterTable('repairs').addColumn('hours', 'integer').execute(),
  down: (db) => db.schema.alterTable('repairs').dropColumn('hours').execute(),
};

const batchSize = 2;

const fillHours: Migration = {
  number: 3,
  name: 'fill_hours',
  kind: 'batched',
  up: async (db, cursor) => {
    const after = Number(cursor?.['after'] ?? 0);
    const { rows } = await sql<{ last: number | null }>`
      WITH filled AS (
        UPDATE workshop.repairs SET hours = 1
        WHERE id IN (SELECT id FROM workshop.repairs WHERE id > ${after} ORDER BY id LIMIT ${sql.lit(batchSize)}) RETURNING id
      ) SELECT max(id) AS last FROM filled`.execute(db);
    const last = rows[0]?.last ?? null;
    return last === null ? undefined : { after: last };
  },
  down: (db) => sql`UPDATE workshop.repairs SET hours = NULL`.execute(db),
};

/** On a column that stays: no other down takes it away. */
const indexWhat: Migration = {
  number: 4,
  name: 'index_what',
  kind: 'concurrent',
  index: { name: 'repairs_by_what', table: 'repairs', on: 'what' },
};

const dropOldCode: Migration = {
  number: 5,
  name: 'drop_old_code',
  kind: 'contract',
  up: (db) => db.schema.alterTable('repairs').dropColumn('old_code').execute(),
  down: (db) => db.schema.alterTable('repairs').addColumn('old_code', 'text').execute(),
};

export const tenantMigrations = [createRepairs, addHours, fillHours, indexWhat, dropOldCode];
