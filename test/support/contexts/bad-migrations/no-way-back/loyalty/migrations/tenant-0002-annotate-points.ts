import type { Migration } from '../../../../../../../contexts/shared/application/migration.ts';

/** A failed upgrade could not return the tenant to 1.0.0. */
export const annotatePoints: Migration = {
  number: 2,
  name: 'annotate_points',
  kind: 'transactional',
  up: (db) => db.schema.alterTable('points').addColumn('note', 'text').execute(),
  down: async () => undefined,
};
