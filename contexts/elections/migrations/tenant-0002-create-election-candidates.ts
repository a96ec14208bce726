import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/** With the number of ballots for each: nothing says whose they were. */
export const createElectionCandidates: Migration = {
  number: 2,
  name: 'create_election_candidates',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('election_candidates')
      .addColumn('election_id', 'text', (column) => column.notNull().references('elections.id').onDelete('cascade'))
      .addColumn('number', 'integer', (column) => column.notNull().check(sql`number > 0`))
      .addColumn('name', 'text', (column) => column.notNull().check(sql`length(name) BETWEEN 1 AND 200`))
      .addColumn('ballots', 'integer', (column) => column.notNull().defaultTo(0).check(sql`ballots >= 0`))
      .addPrimaryKeyConstraint('election_candidates_pkey', ['election_id', 'number'])
      .addUniqueConstraint('election_candidates_stand_once', ['election_id', 'name'])
      .execute(),
  down: (db) => db.schema.dropTable('election_candidates').execute(),
};
