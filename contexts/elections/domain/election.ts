import type { Refusal } from '../../shared/domain/errors.ts';

export interface Election {
  readonly id: string;
  readonly title: string;
  readonly opensAt: Date;
  readonly closesAt: Date;
  /** When it was ended before its time. */
  readonly closed?: { readonly at: Date; readonly reason: CloseReason };
  readonly createdAt: Date;
  readonly createdBy: string;
  /** How many ballots it takes for a result; without one, any number. */
  readonly quorum?: number;
}

/** An election and who stands. */
export interface Contest extends Election {
  readonly candidates: readonly Candidate[];
}

export interface Candidate {
  /** 1, 2, 3 … in the order in which they stand on the ballot. */
  readonly number: number;
  readonly name: string;
  /** How many chose this one. Who they were stands nowhere. */
  readonly ballots: number;
}

export type CloseReason = 'early' | 'module-uninstalled';
export type ElectionStatus = 'planned' | 'open' | 'closed';

export type ElectionReason =
  | 'election-not-found'
  | 'election-closes-too-early'
  | 'election-not-open'
  | 'candidate-twice'
  | 'candidate-not-found'
  | 'ballot-cast-already'
  | 'quorum-needs-upgrade';

export interface PlanElection {
  readonly id: string;
  readonly title: string;
  readonly names: readonly string[];
  readonly opensAt?: Date | undefined;
  readonly closesAt: Date;
  readonly quorum?: number | undefined;
  readonly by: string;
}

export const planElection = (
  { id, title, names, opensAt, closesAt, quorum, by }: PlanElection,
  at: Date,
): Contest | Refusal<ElectionReason> => {
  const opens = opensAt ?? at;
  if (closesAt <= opens || closesAt <= at) return tooEarly;
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return standsTwice(twice);
  return {
    id,
    title,
    opensAt: opens,
    closesAt,
    createdAt: at,
    createdBy: by,
    candidates: names.map((name, index) => ({ number: index + 1, name, ballots: 0 })),
    ...(quorum === undefined ? {} : { quorum }),
  };
};

export const statusOf = ({ opensAt, closesAt, closed }: Election, at: Date): ElectionStatus => {
  if (closed !== undefined || closesAt <= at) return 'closed';
  return opensAt <= at ? 'open' : 'planned';
};

/** Why nobody may vote like this now; undefined when one may. */
export const refuseBallot = (contest: Contest, candidate: number, at: Date): Refusal<ElectionReason> | undefined => {
  const status = statusOf(contest, at);
  if (status !== 'open') return notOpen(contest, status);
  return contest.candidates.some(({ number }) => number === candidate) ? undefined : noSuchCandidate(contest);
};

/** An election that is closed already stays as it is. */
export const closeElection = (contest: Contest, at: Date): Contest =>
  statusOf(contest, at) === 'closed' ? contest : { ...contest, closed: { at, reason: 'early' } };

export interface Result {
  /** Of those with most ballots; more than one when they are equal, none without a ballot. */
  readonly winners: readonly number[];
  readonly quorate: boolean;
}

export const ballotsIn = ({ candidates }: Contest): number => candidates.reduce((sum, { ballots }) => sum + ballots, 0);

/** Undefined until the election is closed: what is known of a count changes it. */
export const resultOf = (contest: Contest, at: Date): Result | undefined => {
  if (statusOf(contest, at) !== 'closed') return undefined;
  const most = Math.max(...contest.candidates.map(({ ballots }) => ballots));
  const winners = most === 0 ? [] : contest.candidates.filter(({ ballots }) => ballots === most).map(({ number }) => number);
  return { winners, quorate: ballotsIn(contest) >= (contest.quorum ?? 0) };
};

export const electionNotFound: Refusal<ElectionReason> = {
  kind: 'not-found',
  reason: 'election-not-found',
  message: 'this tenant has no election with this id',
};

/** The voter stands in the request and is not repeated. */
export const ballotCastAlready = ({ id }: Election): Refusal<ElectionReason> => ({
  kind: 'conflict',
  reason: 'ballot-cast-already',
  message: 'this voter has voted in this election: a ballot that was cast cannot be changed',
  facts: { election: id },
});

export const quorumNeedsUpgrade: Refusal<ElectionReason> = {
  kind: 'unprocessable',
  reason: 'quorum-needs-upgrade',
  message: 'a quorum needs elections 1.1.0 and this tenant has an older version: upgrade it, or leave the quorum out',
};

const tooEarly: Refusal<ElectionReason> = {
  kind: 'unprocessable',
  reason: 'election-closes-too-early',
  message: 'an election closes after it opened, and in the future',
};

const standsTwice = (name: string): Refusal<ElectionReason> => ({
  kind: 'unprocessable',
  reason: 'candidate-twice',
  message: `${name} stands twice: give each candidate once, with something that tells namesakes apart`,
});

const notOpen = ({ id, opensAt }: Election, status: ElectionStatus): Refusal<ElectionReason> => ({
  kind: 'conflict',
  reason: 'election-not-open',
  message:
    status === 'planned'
      ? `this election opens at ${opensAt.toISOString()}: vote then`
      : 'this election is closed: no more ballots are taken',
  facts: { election: id, status },
});

const noSuchCandidate = ({ id, candidates }: Contest): Refusal<ElectionReason> => ({
  kind: 'unprocessable',
  reason: 'candidate-not-found',
  message: `this election has no candidate with this number: give one from 1 to ${candidates.length}`,
  facts: { election: id },
});
