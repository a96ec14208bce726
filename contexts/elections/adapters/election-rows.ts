import type { Candidate, CloseReason, Contest, Election } from '../domain/election.ts';

/** The module's tables as this version of the code writes and reads them, in every schema that it serves. */
export interface ElectionTables {
  readonly elections: ElectionRow;
  readonly election_candidates: CandidateRow;
  readonly election_ballots: { readonly election_id: string; readonly voter: string };
}

export interface ElectionRow {
  readonly id: string;
  readonly title: string;
  readonly opens_at: Date;
  readonly closes_at: Date;
  readonly closed_at: Date | null;
  readonly closed_reason: CloseReason | null;
  readonly created_at: Date;
  readonly created_by: string;
  /** Not there before 1.1.0: neither read nor written by name unless there is one. */
  readonly quorum?: number | null | undefined;
}

export interface CandidateRow {
  readonly election_id: string;
  readonly number: number;
  readonly name: string;
  readonly ballots: number;
}

export const toElectionRow = ({ id, title, opensAt, closesAt, closed, createdAt, createdBy, quorum }: Election): ElectionRow => ({
  id,
  title,
  opens_at: opensAt,
  closes_at: closesAt,
  closed_at: closed?.at ?? null,
  closed_reason: closed?.reason ?? null,
  created_at: createdAt,
  created_by: createdBy,
  ...(quorum === undefined ? {} : { quorum }),
});

export const toCandidateRow = (election_id: string, { number, name, ballots }: Candidate): CandidateRow => ({
  election_id,
  number,
  name,
  ballots,
});

export const toElection = (row: ElectionRow): Election => ({
  id: row.id,
  title: row.title,
  opensAt: row.opens_at,
  closesAt: row.closes_at,
  createdAt: row.created_at,
  createdBy: row.created_by,
  ...(row.closed_at === null || row.closed_reason === null ? {} : { closed: { at: row.closed_at, reason: row.closed_reason } }),
  ...(row.quorum === null || row.quorum === undefined ? {} : { quorum: row.quorum }),
});

export const toContest = (row: ElectionRow, candidates: readonly CandidateRow[]): Contest => ({
  ...toElection(row),
  candidates: candidates.map(({ number, name, ballots }) => ({ number, name, ballots })),
});
