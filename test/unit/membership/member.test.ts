import { describe, expect, test } from '@jest/globals';
import { admitMember, endMembership, type Member, renewMembership, statusOf } from '../../../contexts/membership/domain/member.ts';

const at = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-06-01T00:00:00Z');
const level = { id: 'L', name: 'Member', isDefault: true };
const given = { id: 'M', number: 'M-1', name: 'Ada', level };

const aMember = (): Member => {
  const member = admitMember(given, at);
  if ('reason' in member) throw new Error(member.reason);
  return member;
};

describe('A member', () => {
  test('has joined now, or when it is said', () => {
    expect(aMember()).toEqual({ id: 'M', number: 'M-1', name: 'Ada', levelId: 'L', joinedAt: at, version: 1 });
    expect(admitMember({ ...given, joinedAt: at, email: 'a@b.example' }, later)).toMatchObject({ joinedAt: at, email: 'a@b.example' });
  });

  test('has not joined in the future', () => {
    expect(admitMember({ ...given, joinedAt: later }, at)).toMatchObject({ kind: 'unprocessable', reason: 'member-joins-in-future' });
  });

  test('is renewed as often as wanted while current, where the tenant’s version knows renewals', () => {
    const renewed = renewMembership({ ...aMember(), renewedAt: null }, later);
    expect(renewed).toMatchObject({ renewedAt: later, version: 2 });
    expect(renewMembership(renewed as Member, later)).toMatchObject({ version: 3 });
    expect(renewMembership({ ...aMember(), renewedAt: null, leftAt: at }, later)).toMatchObject({
      kind: 'conflict',
      reason: 'member-has-left',
    });
    expect(renewMembership(aMember(), later)).toMatchObject({ kind: 'unprocessable', reason: 'membership-knows-no-renewals' });
  });

  test('is current until the membership ends, and that only once', () => {
    expect(statusOf(aMember())).toBe('current');
    const former = endMembership(aMember(), later);
    expect(former).toMatchObject({ leftAt: later, version: 2 });
    expect(statusOf(former)).toBe('former');
    expect(endMembership(former, at)).toBe(former);
  });
});
