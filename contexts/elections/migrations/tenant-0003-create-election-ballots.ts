import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/** Who has voted: neither for whom nor when, or the two could be laid side by side. */
export const createElectionBallots: Migration = {
  number: 3,
  name: 'create_election_ballots',
  kind: 'transactional',
  up: (db) =>
    db.schema
      .createTable('election_ballots')
      .addColumn('election_id', 'text', (column) => column.notNull().references('elections.id').onDelete('cascade'))
      .addColumn('voter', 'text', (column) => column.notNull().check(sql`length(voter) BETWEEN 1 AND 100`))
      .addPrimaryKeyConstraint('election_ballots_pkey', ['election_id', 'voter'])
      .execute(),
  down: (db) => db.schema.dropTable('election_ballots').execute(),
};
