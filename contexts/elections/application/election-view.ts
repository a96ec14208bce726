import * as z from 'zod';
import { Ulid } from '../../shared/domain/names.ts';
import { ballotsIn, type Candidate, type Contest, type Election, resultOf, statusOf } from '../domain/election.ts';

/** An election as a list shows it. */
export const ElectionView = z.strictObject({
  id: Ulid,
  title: z.string(),
  status: z.enum(['planned', 'open', 'closed']),
  opensAt: z.iso.datetime(),
  closesAt: z.iso.datetime(),
  closedAt: z.iso.datetime().optional().describe('When it was ended before its time.'),
  closedReason: z.enum(['early', 'module-uninstalled']).optional(),
  quorum: z.int().optional(),
});
export type ElectionView = z.infer<typeof ElectionView>;

const CandidateView = z.strictObject({
  number: z.int(),
  name: z.string(),
  ballots: z.int().optional().describe('When the election is closed.'),
});

/** An election with all that may be known of it: the count, when it is closed. */
export const ContestView = z.strictObject({
  ...ElectionView.shape,
  candidates: z.array(CandidateView),
  ballots: z.int().describe('How many have voted.'),
  result: z
    .strictObject({ winners: z.array(z.int()).describe('Numbers of candidates; several when they are equal.'), quorate: z.boolean() })
    .optional()
    .describe('When the election is closed.'),
});
export type ContestView = z.infer<typeof ContestView>;

export const viewElection = (election: Election, at: Date): ElectionView => {
  const { id, title, opensAt, closesAt, closed, quorum } = election;
  return {
    id,
    title,
    status: statusOf(election, at),
    opensAt: opensAt.toISOString(),
    closesAt: closesAt.toISOString(),
    ...(closed === undefined ? {} : { closedAt: closed.at.toISOString(), closedReason: closed.reason }),
    ...(quorum === undefined ? {} : { quorum }),
  };
};

export const viewContest = (contest: Contest, at: Date): ContestView => {
  const result = resultOf(contest, at);
  const candidates = contest.candidates.map(({ number, name, ballots }: Candidate) => ({
    number,
    name,
    ...(result === undefined ? {} : { ballots }),
  }));
  return {
    ...viewElection(contest, at),
    candidates,
    ballots: ballotsIn(contest),
    ...(result === undefined ? {} : { result: { winners: [...result.winners], quorate: result.quorate } }),
  };
};
