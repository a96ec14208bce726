import type { Migration } from '../../shared/application/migration.ts';

/** How many ballots it takes for a result; null, as for all that stand already, for any number. Rewrites nothing. */
export const addQuorum: Migration = {
  number: 4,
  name: 'add_quorum',
  kind: 'transactional',
  up: (db) => db.schema.alterTable('elections').addColumn('quorum', 'integer').execute(),
  down: (db) => db.schema.alterTable('elections').dropColumn('quorum').execute(),
};
