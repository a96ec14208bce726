import { sql } from 'kysely';
import type { Migration } from '../../../../../../../contexts/shared/application/migration.ts';

/** membership could not be archived while this key stands. */
export const ownPoints: Migration = {
  number: 2,
  name: 'own_points',
  kind: 'transactional',
  up: (db) => sql`ALTER TABLE loyalty.points ADD COLUMN member text REFERENCES membership.members (id)`.execute(db),
  down: (db) => db.schema.alterTable('points').dropColumn('member').execute(),
};
