import type { Migration } from '../../shared/application/migration.ts';

/** For the elections a member has voted in. The largest table of the module, so nobody waits for it. */
export const indexBallotsByVoter: Migration = {
  number: 5,
  name: 'index_ballots_by_voter',
  kind: 'concurrent',
  index: { name: 'election_ballots_by_voter', table: 'election_ballots', on: 'voter, election_id' },
};
