import type { Migration } from '../../../../../../../contexts/shared/application/migration.ts';

/** Tenants could not write points while it is built. */
export const indexPoints: Migration = {
  number: 2,
  name: 'index_points',
  kind: 'transactional',
  up: (db) => db.schema.createIndex('points_earned_at').on('points').column('earned_at').execute(),
  down: (db) => db.schema.dropIndex('points_earned_at').execute(),
};
