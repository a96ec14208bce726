import { sql } from 'kysely';
import type { Migration } from '../../../../../../../contexts/shared/application/migration.ts';

/** The Data API takes one statement a call. */
export const annotatePointsTwice: Migration = {
  number: 2,
  name: 'annotate_points_twice',
  kind: 'transactional',
  up: (db) => sql`ALTER TABLE loyalty.points ADD COLUMN a text; ALTER TABLE loyalty.points ADD COLUMN b text`.execute(db),
  down: (db) => db.schema.alterTable('points').dropColumn('a').dropColumn('b').execute(),
};
