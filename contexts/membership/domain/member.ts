import type { Refusal } from '../../shared/domain/errors.ts';

/** A person who belongs to the tenant, or did. */
export interface Member {
  readonly id: string;
  /** The tenant's own, unique among its members for ever. */
  readonly number: string;
  readonly name: string;
  readonly email?: string;
  readonly levelId: string;
  readonly joinedAt: Date;
  readonly leftAt?: Date;
  /** When last; null for never yet. Absent where the tenant's version, before 1.1.0, knows no renewals. */
  readonly renewedAt?: Date | null;
  /** Grows by one with each change. */
  readonly version: number;
}

export interface Level {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
}

export type MemberStatus = 'current' | 'former';

export type MemberReason =
  | 'member-not-found'
  | 'member-number-taken'
  | 'member-joins-in-future'
  | 'member-has-left'
  | 'membership-knows-no-renewals'
  | 'membership-level-not-found';

export interface NewMember {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly email?: string | undefined;
  readonly level: Level;
  /** Now, unless given. */
  readonly joinedAt?: Date | undefined;
}

export const admitMember = ({ level, email, joinedAt, ...given }: NewMember, at: Date): Member | Refusal<MemberReason> => {
  const since = joinedAt ?? at;
  if (since > at) return joinsInFuture;
  return { ...given, levelId: level.id, joinedAt: since, version: 1, ...(email === undefined ? {} : { email }) };
};

export const renewMembership = (member: Member, at: Date): Member | Refusal<MemberReason> => {
  if (member.renewedAt === undefined) return knowsNoRenewals;
  if (member.leftAt !== undefined) return hasLeft(member);
  return { ...member, renewedAt: at, version: member.version + 1 };
};

/** Who has left already stays as they are. */
export const endMembership = (member: Member, at: Date): Member =>
  member.leftAt === undefined ? { ...member, leftAt: at, version: member.version + 1 } : member;

export const statusOf = ({ leftAt }: Member): MemberStatus => (leftAt === undefined ? 'current' : 'former');

export const memberNotFound: Refusal<MemberReason> = {
  kind: 'not-found',
  reason: 'member-not-found',
  message: 'this tenant has no member with this id',
};

export const levelNotFound: Refusal<MemberReason> = {
  kind: 'unprocessable',
  reason: 'membership-level-not-found',
  message: 'this tenant has no membership level with this id; leave it out for the default',
};

export const numberTaken = (number: string): Refusal<MemberReason> => ({
  kind: 'conflict',
  reason: 'member-number-taken',
  message: `another member has or had the number ${number}: choose a new one`,
  facts: { number },
});

const knowsNoRenewals: Refusal<MemberReason> = {
  kind: 'unprocessable',
  reason: 'membership-knows-no-renewals',
  message: 'memberships are renewed from membership 1.1.0 on: upgrade the module for this tenant first',
};

const hasLeft = ({ id }: Member): Refusal<MemberReason> => ({
  kind: 'conflict',
  reason: 'member-has-left',
  message: 'the membership has ended: admit the person anew',
  facts: { member: id },
});

const joinsInFuture: Refusal<MemberReason> = {
  kind: 'unprocessable',
  reason: 'member-joins-in-future',
  message: 'a member has joined already when admitted: leave joinedAt out for now',
};
