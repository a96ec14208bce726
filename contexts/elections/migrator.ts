import { defineMigrator } from '../shared/application/define-migrator.ts';
import { closeOpenElections } from './migrations/close-open-elections.ts';
import { createElections } from './migrations/tenant-0001-create-elections.ts';
import { createElectionCandidates } from './migrations/tenant-0002-create-election-candidates.ts';
import { createElectionBallots } from './migrations/tenant-0003-create-election-ballots.ts';
import { addQuorum } from './migrations/tenant-0004-add-quorum.ts';
import { indexBallotsByVoter } from './migrations/tenant-0005-index-ballots-by-voter.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: [createElections, createElectionCandidates, createElectionBallots, addQuorum, indexBallotsByVoter],
  hooks: { preUninstall: closeOpenElections },
});
