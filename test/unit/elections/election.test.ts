import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ballotsIn,
  type Contest,
  closeElection,
  planElection,
  refuseBallot,
  resultOf,
  statusOf,
} from '../../../contexts/elections/domain/election.ts';

const at = new Date('2026-01-01T00:00:00Z');
const day = (n: number) => new Date(at.getTime() + n * 86_400_000);
const order = { id: 'E', title: 'Chair', names: ['Ada', 'Grace'], closesAt: day(10), by: 'admin' };

const anElection = (more: Partial<Parameters<typeof planElection>[0]> = {}): Contest => {
  const contest = planElection({ ...order, ...more }, at);
  if ('reason' in contest) throw new Error(contest.reason);
  return contest;
};
const counted = (counts: readonly number[], quorum?: number): Contest => {
  const contest = anElection({ names: counts.map((_, n) => `C${n + 1}`), quorum });
  return { ...contest, candidates: contest.candidates.map((c, n) => ({ ...c, ballots: counts[n] ?? 0 })) };
};

describe('An election', () => {
  test('opens now unless told otherwise, and numbers who stands', () => {
    expect(anElection()).toMatchObject({
      opensAt: at,
      candidates: [
        { number: 1, name: 'Ada', ballots: 0 },
        { number: 2, name: 'Grace', ballots: 0 },
      ],
    });
    expect(anElection({ opensAt: day(3) }).opensAt).toEqual(day(3));
    expect(anElection()).not.toHaveProperty('quorum');
    expect(anElection({ quorum: 5 }).quorum).toBe(5);
  });

  test('is not planned to close before it opens, nor in the past, nor with somebody standing twice', () => {
    for (const times of [{ closesAt: at }, { opensAt: day(10) }, { opensAt: day(-9), closesAt: day(-1) }])
      expect(planElection({ ...order, ...times }, at)).toMatchObject({ reason: 'election-closes-too-early' });
    expect(planElection({ ...order, names: ['Ada', 'Grace', 'Ada'] }, at)).toMatchObject({
      reason: 'candidate-twice',
      message: expect.stringContaining('Ada'),
    });
  });

  test('is planned, open and closed by its times alone', () => {
    const election = anElection({ opensAt: day(2) });
    expect([1, 2, 9, 10].map((n) => statusOf(election, day(n)))).toEqual(['planned', 'open', 'open', 'closed']);
  });

  test('is closed early once, and not after its time', () => {
    const closed = closeElection(anElection(), day(1));
    expect(closed.closed).toEqual({ at: day(1), reason: 'early' });
    expect(closeElection(closed, day(2))).toBe(closed);
    expect(closeElection(anElection(), day(10))).not.toHaveProperty('closed');
    expect(statusOf(closed, day(1))).toBe('closed');
  });

  test('takes ballots while it is open, for those who stand', () => {
    const election = anElection({ opensAt: day(2) });
    expect(refuseBallot(election, 1, day(2))).toBeUndefined();
    expect(refuseBallot(election, 1, day(1))).toMatchObject({ reason: 'election-not-open', facts: { status: 'planned' } });
    expect(refuseBallot(election, 1, day(10))).toMatchObject({ reason: 'election-not-open', facts: { status: 'closed' } });
    expect(refuseBallot(election, 3, day(2))).toMatchObject({ reason: 'candidate-not-found', message: expect.stringContaining('1 to 2') });
  });
});

describe('A result', () => {
  test('is known when the election is closed, and not before', () => {
    expect(resultOf(counted([2, 1]), day(9))).toBeUndefined();
    expect(resultOf(counted([2, 1]), day(10))).toEqual({ winners: [1], quorate: true });
  });

  test('names all who are equal, and nobody without a ballot', () => {
    expect(resultOf(counted([2, 1, 2]), day(10))?.winners).toEqual([1, 3]);
    expect(resultOf(counted([0, 0]), day(10))?.winners).toEqual([]);
  });

  test('stands from the quorum on', () => {
    expect([4, 3, 2].map((quorum) => resultOf(counted([2, 1], quorum), day(10))?.quorate)).toEqual([false, true, true]);
  });

  test('names exactly those whom nobody beats', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { minLength: 2, maxLength: 6 }), (counts) => {
        const { winners = [] } = resultOf(counted(counts), day(10)) ?? {};
        const unbeaten = counts.flatMap((n, index) => (n > 0 && counts.every((other) => other <= n) ? [index + 1] : []));
        expect(winners).toEqual(unbeaten);
        expect(ballotsIn(counted(counts))).toBe(counts.reduce((a, b) => a + b, 0));
      }),
    );
  });
});
