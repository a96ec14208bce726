import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import {
  admitMember,
  endMembership,
  levelNotFound,
  type Member,
  memberNotFound,
  type NewMember,
  numberTaken,
  renewMembership,
} from '../domain/member.ts';
import { type LevelView, type MemberView, viewLevel, viewMember } from './member-view.ts';
import type { MemberPage, MemberStore } from './ports.ts';

export interface MemberPorts {
  readonly store: MemberStore;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** For whom; with a key, the same command once more gets the same answer. */
export interface Command {
  readonly tenant: TenantRef;
  readonly key?: IdempotencyKey | undefined;
}

export interface Admission extends Omit<NewMember, 'id' | 'level'> {
  /** The default level unless given. */
  readonly level?: string | undefined;
}

export const makeAdmitMember =
  ({ store, clock, newId }: MemberPorts) =>
  ({ tenant, key }: Command, { level: levelId, ...given }: Admission): Promise<MemberView> =>
    store.change(tenant, key, async (changes) => {
      const level = await changes.level(levelId);
      if (level === undefined) throw new Refused(levelNotFound);
      const member = accepted(admitMember({ id: newId(), level, ...given }, clock.now()));
      if (!(await changes.add(member))) throw new Refused(numberTaken(member.number));
      return viewMember(member);
    });

export const makeRenewMembership =
  ({ store, clock }: MemberPorts) =>
  ({ tenant, key }: Command, id: string): Promise<MemberView> =>
    store.change(tenant, key, async (changes) => {
      const renewed = accepted(renewMembership(found(await changes.member(id)), clock.now()));
      await changes.replace(renewed);
      return viewMember(renewed);
    });

export const makeEndMembership =
  ({ store, clock }: MemberPorts) =>
  ({ tenant, key }: Command, id: string): Promise<MemberView> =>
    store.change(tenant, key, async (changes) => {
      const member = found(await changes.member(id));
      const ended = endMembership(member, clock.now());
      if (ended !== member) await changes.replace(ended);
      return viewMember(ended);
    });

export const makeReadMember =
  ({ store }: MemberPorts) =>
  async (tenant: TenantRef, id: string): Promise<MemberView> =>
    viewMember(found(await store.member(tenant, id)));

export const makeListMembers =
  ({ store }: MemberPorts) =>
  async (tenant: TenantRef, page: MemberPage): Promise<readonly MemberView[]> =>
    (await store.members(tenant, page)).map(viewMember);

export const makeListLevels =
  ({ store }: MemberPorts) =>
  async (tenant: TenantRef): Promise<readonly LevelView[]> =>
    (await store.levels(tenant)).map(viewLevel);

const found = (member: Member | undefined): Member => {
  if (member === undefined) throw new Refused(memberNotFound);
  return member;
};

const accepted = (decided: Member | Refusal): Member => {
  if ('reason' in decided) throw new Refused(decided);
  return decided;
};
