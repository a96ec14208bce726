import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import {
  ballotCastAlready,
  type Contest,
  closeElection,
  electionNotFound,
  type PlanElection,
  planElection,
  quorumNeedsUpgrade,
  refuseBallot,
} from '../domain/election.ts';
import { type ContestView, type ElectionView, viewContest, viewElection } from './election-view.ts';
import type { Ballot, ElectionPage, ElectionStore } from './ports.ts';

export interface ElectionPorts {
  readonly store: ElectionStore;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** For whom, and by whom; with a key, the same command once more gets the same answer. */
export interface Command {
  readonly tenant: TenantRef;
  readonly by: string;
  readonly key?: IdempotencyKey | undefined;
}

export const makePlanElection =
  ({ store, clock, newId }: ElectionPorts) =>
  ({ tenant, by, key }: Command, given: Omit<PlanElection, 'id' | 'by'>): Promise<ContestView> =>
    store.change(tenant, key, async (changes) => {
      const at = clock.now();
      const contest = accepted(planElection({ ...given, id: newId(), by }, at));
      if (contest.quorum !== undefined && !(await changes.keepsQuorum())) throw new Refused(quorumNeedsUpgrade);
      await changes.add(contest);
      return viewContest(contest, at);
    });

export const makeCastBallot =
  ({ store, clock }: ElectionPorts) =>
  ({ tenant, key }: Command, ballot: Ballot): Promise<{ readonly election: string }> =>
    store.change(tenant, keyWithoutTheChoice(key, ballot), async (changes) => {
      const contest = found(await changes.contest(ballot.electionId, 'to-vote'));
      const refusal = refuseBallot(contest, ballot.candidate, clock.now());
      if (refusal !== undefined) throw new Refused(refusal);
      if (!(await changes.cast(ballot))) throw new Refused(ballotCastAlready(contest));
      return { election: contest.id };
    });

export const makeCloseElection =
  ({ store, clock }: ElectionPorts) =>
  ({ tenant, key }: Command, id: string): Promise<ContestView> =>
    store.change(tenant, key, async (changes) => {
      const at = clock.now();
      const contest = found(await changes.contest(id, 'to-change'));
      const closed = closeElection(contest, at);
      if (closed !== contest) await changes.replace(closed);
      return viewContest(closed, at);
    });

export const makeReadElection =
  ({ store, clock }: ElectionPorts) =>
  async (tenant: TenantRef, id: string): Promise<ContestView> =>
    viewContest(found(await store.contest(tenant, id)), clock.now());

export const makeListElections =
  ({ store, clock }: ElectionPorts) =>
  async (tenant: TenantRef, page: ElectionPage): Promise<readonly ElectionView[]> => {
    const at = clock.now();
    return (await store.elections(tenant, page, at)).map((election) => viewElection(election, at));
  };

/** A hash over voter and candidate is soon guessed, there being few candidates; so what is kept of the body is the voter alone. */
const keyWithoutTheChoice = (key: IdempotencyKey | undefined, { voter }: Ballot): IdempotencyKey | undefined =>
  key === undefined ? undefined : { id: key.id, bodyHash: voter };

const found = (contest: Contest | undefined): Contest => {
  if (contest === undefined) throw new Refused(electionNotFound);
  return contest;
};

const accepted = (decided: Contest | Refusal): Contest => {
  if ('reason' in decided) throw new Refused(decided);
  return decided;
};
