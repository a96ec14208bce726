import { sql } from 'kysely';
import type { Migration } from '../../../../../contexts/shared/application/migration.ts';

export const createStage = (number: number): Migration => ({
  number,
  name: `create_stage_${number}`,
  kind: 'transactional',
  up: async (db) => {
    await db.schema
      .createTable(`stage_${number}`)
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .execute();
    // The Data API answers no void, so the sleep stands inside an expression.
    await sql`SELECT count(*) AS slept FROM (SELECT pg_sleep(1)) AS nap`.execute(db);
  },
  down: (db) => db.schema.dropTable(`stage_${number}`).execute(),
});
