import { sql } from 'kysely';
import type { Migration } from '../../../../../../../contexts/shared/application/migration.ts';

/** What stands in another schema outlives the module. */
export const countPoints: Migration = {
  number: 2,
  name: 'count_points',
  kind: 'transactional',
  up: (db) => sql`CREATE VIEW public.points_seen AS SELECT count(*) AS seen FROM loyalty.points`.execute(db),
  down: (db) => sql`DROP VIEW public.points_seen`.execute(db),
};
