import { sql } from 'kysely';
import type { Migration } from '../../../../../contexts/shared/application/migration.ts';

/** What no migration may do: a view outside the module's schema, which DROP SCHEMA … CASCADE would silently take along. */
export const createReadings: Migration = {
  number: 1,
  name: 'create_readings',
  kind: 'transactional',
  accepts: {
    'outside-schema': 'it is the fault that the rollback is tested with',
    'round-trip': 'the view goes with its schema',
  },
  up: async (db) => {
    await db.schema
      .createTable('readings')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('value', 'integer', (column) => column.notNull())
      .execute();
    await sql`CREATE SCHEMA broken_rollback_reports`.execute(db);
    await sql`CREATE VIEW broken_rollback_reports.latest AS SELECT max(value) AS value FROM broken_rollback.readings`.execute(db);
  },
  down: async (db) => {
    await sql`DROP SCHEMA broken_rollback_reports CASCADE`.execute(db);
    await db.schema.dropTable('readings').execute();
  },
};
