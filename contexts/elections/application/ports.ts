import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Contest, Election, ElectionStatus } from '../domain/election.ts';

export interface ElectionPage {
  readonly limit: number;
  /** The id of the last election seen: elections come newest first. */
  readonly after?: string | undefined;
  readonly status?: ElectionStatus | undefined;
  /** Only those that this voter has voted in. */
  readonly voter?: string | undefined;
}

export interface Ballot {
  readonly electionId: string;
  readonly voter: string;
  /** The candidate's number; counted, and not kept with the voter. */
  readonly candidate: number;
}

/** Within one transaction. */
export interface ElectionChanges {
  /** Held until the transaction ends: `to-vote` beside other voters, `to-change` alone. */
  readonly contest: (id: string, hold: 'to-vote' | 'to-change') => Promise<Contest | undefined>;
  /** Whether the tenant's version of the module keeps a quorum. */
  readonly keepsQuorum: () => Promise<boolean>;
  readonly add: (contest: Contest) => Promise<void>;
  /** Writes the election, not its candidates. */
  readonly replace: (election: Election) => Promise<void>;
  /** False, and nothing counted, when the voter has voted. */
  readonly cast: (ballot: Ballot) => Promise<boolean>;
}

/** The elections of a tenant, in its own database. Rejects with Contended or Unavailable. */
export interface ElectionStore {
  readonly contest: (tenant: TenantRef, id: string) => Promise<Contest | undefined>;
  readonly elections: (tenant: TenantRef, page: ElectionPage, at: Date) => Promise<readonly Election[]>;
  /**
   * One transaction. With a key, an answer given before is given again and `work` is not run; a key that came with another
   * body before rejects with Refused. Answers are JSON.
   */
  readonly change: <Answer>(
    tenant: TenantRef,
    key: IdempotencyKey | undefined,
    work: (changes: ElectionChanges) => Promise<Answer>,
  ) => Promise<Answer>;
}
