import { describe, expect, test } from '@jest/globals';
import type { ElectionPage, ElectionStore } from '../../contexts/elections/application/ports.ts';
import type { Contest } from '../../contexts/elections/domain/election.ts';
import type { TenantRef } from '../../contexts/shared/application/route.ts';
import { keepsTheTransactionContract } from './transaction-contract.ts';

export interface ElectionStoreUnderTest {
  readonly store: ElectionStore;
  readonly tenant: TenantRef;
  readonly other: TenantRef;
  /** Whether the version under test does. */
  readonly keepsQuorum: boolean;
}

const january = new Date('2026-01-01T00:00:00Z');
const march = new Date('2026-03-01T00:00:00Z');
const june = new Date('2026-06-01T00:00:00Z');
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;
const aContest = (n: number, more: Partial<Contest> = {}): Contest => ({
  id: id(n),
  title: `Election ${n}`,
  opensAt: january,
  closesAt: june,
  createdAt: january,
  createdBy: 'admin',
  candidates: [
    { number: 1, name: 'Ada "the first" O’Neil', ballots: 0 },
    { number: 2, name: 'Grace', ballots: 0 },
  ],
  ...more,
});

/** What every ElectionStore keeps, in memory or in PostgreSQL, in every version that the module serves. */
export const keepsTheElectionStoreContract = (name: string, open: () => Promise<ElectionStoreUnderTest>): void => {
  describe(`The ${name} election store`, () => {
    const add = ({ store, tenant }: ElectionStoreUnderTest, ...contests: readonly Contest[]) =>
      store.change(tenant, undefined, async (changes) => {
        for (const contest of contests) await changes.add(contest);
      });
    const cast = ({ store, tenant }: ElectionStoreUnderTest, voter: string, candidate: number, n = 1) =>
      store.change(tenant, undefined, (changes) => changes.cast({ electionId: id(n), voter, candidate }));

    keepsTheTransactionContract(async () => {
      const { store, tenant, other } = await open();
      return {
        tenant,
        other,
        add: (whose, key, n, then) =>
          store.change(whose, key, async (changes) => {
            await changes.add(aContest(n));
            return then();
          }),
        has: async (whose, n) => (await store.contest(whose, id(n))) !== undefined,
      };
    });

    test('gives an election back as it was put in', async () => {
      const under = await open();
      const whole = aContest(1, { closed: { at: march, reason: 'early' }, ...(under.keepsQuorum ? { quorum: 3 } : {}) });
      await add(under, whole, aContest(2));
      expect(await under.store.contest(under.tenant, id(1))).toEqual(whole);
      expect(await under.store.contest(under.tenant, id(2))).toEqual(aContest(2));
      expect(await under.store.contest(under.tenant, id(9))).toBeUndefined();
      expect(await under.store.change(under.tenant, undefined, (changes) => changes.keepsQuorum())).toBe(under.keepsQuorum);
    });

    test('counts a ballot once for each voter of an election', async () => {
      const under = await open();
      await add(under, aContest(1), aContest(2));
      const casts = [await cast(under, 'M-1', 2), await cast(under, 'M-1', 1), await cast(under, 'M-2', 2), await cast(under, 'M-1', 1, 2)];
      expect(casts).toEqual([true, false, true, true]);
      const ballots = async (n: number) => (await under.store.contest(under.tenant, id(n)))?.candidates.map((c) => c.ballots);
      expect([await ballots(1), await ballots(2)]).toEqual([
        [0, 2],
        [1, 0],
      ]);
    });

    test('lists the newest first, page by page, by status and by voter', async () => {
      const under = await open();
      const closed = aContest(4, { closed: { at: january, reason: 'early' } });
      await add(under, aContest(1), aContest(2, { opensAt: march }), aContest(3, { closesAt: march }), closed);
      await cast(under, 'M-1', 1, 3);
      const ids = async (page: ElectionPage, at = january) =>
        (await under.store.elections(under.tenant, page, at)).map((election) => election.id);
      expect(await ids({ limit: 3 })).toEqual([id(4), id(3), id(2)]);
      expect(await ids({ limit: 3, after: id(2) })).toEqual([id(1)]);
      expect(await ids({ limit: 9, status: 'open' })).toEqual([id(3), id(1)]);
      expect(await ids({ limit: 9, status: 'planned' })).toEqual([id(2)]);
      expect(await ids({ limit: 9, status: 'closed' })).toEqual([id(4)]);
      expect(await ids({ limit: 9, status: 'open' }, march)).toEqual([id(2), id(1)]);
      expect(await ids({ limit: 9, status: 'closed' }, march)).toEqual([id(4), id(3)]);
      expect(await ids({ limit: 9, voter: 'M-1' })).toEqual([id(3)]);
      expect(await under.store.elections(under.tenant, { limit: 1 }, january)).toEqual([{ ...closed, candidates: undefined }]);
    });

    test('finds in a transaction what it changes, and leaves the count alone', async () => {
      const under = await open();
      await add(under, aContest(1));
      await cast(under, 'M-1', 1);
      const closed = { at: march, reason: 'early' } as const;
      await under.store.change(under.tenant, undefined, async (changes) => {
        expect(await changes.contest(id(9), 'to-vote')).toBeUndefined();
        const contest = await changes.contest(id(1), 'to-change');
        expect(await changes.contest(id(1), 'to-vote')).toEqual(contest);
        if (contest !== undefined) await changes.replace({ ...contest, closed });
      });
      const after = await under.store.contest(under.tenant, id(1));
      expect(after?.closed).toEqual(closed);
      expect(after?.candidates.map(({ ballots }) => ballots)).toEqual([1, 0]);
    });
  });
};
