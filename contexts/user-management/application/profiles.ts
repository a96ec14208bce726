import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import {
  type ChangeProfile,
  changeProfile,
  createProfile,
  type NewProfile,
  type Profile,
  profileExists,
  profileNotFound,
} from '../domain/profile.ts';
import type { ProfilePage, ProfileStore } from './ports.ts';
import { type ProfileView, viewProfile } from './profile-view.ts';

export interface ProfilePorts {
  readonly store: ProfileStore;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** For whom; with a key, the same command once more gets the same answer. */
export interface Command {
  readonly tenant: TenantRef;
  readonly key?: IdempotencyKey | undefined;
}

export const makeCreateProfile =
  ({ store, clock, newId }: ProfilePorts) =>
  ({ tenant, key }: Command, given: Omit<NewProfile, 'id'>): Promise<ProfileView> =>
    store.change(tenant, key, async (changes) => {
      const profile = createProfile({ ...given, id: newId() }, clock.now());
      if (!(await changes.add(profile))) throw new Refused(profileExists);
      return viewProfile(profile);
    });

export const makeChangeProfile =
  ({ store, clock }: ProfilePorts) =>
  ({ tenant, key }: Command, id: string, change: ChangeProfile): Promise<ProfileView> =>
    store.change(tenant, key, async (changes) => {
      const profile = accepted(changeProfile(found(await changes.profile(id)), change, clock.now()));
      await changes.replace(profile);
      return viewProfile(profile);
    });

export const makeReadProfile =
  ({ store }: ProfilePorts) =>
  async (tenant: TenantRef, id: string): Promise<ProfileView> =>
    viewProfile(found(await store.profile(tenant, id)));

export const makeListProfiles =
  ({ store }: ProfilePorts) =>
  async (tenant: TenantRef, page: ProfilePage): Promise<readonly ProfileView[]> =>
    (await store.profiles(tenant, page)).map(viewProfile);

const found = (profile: Profile | undefined): Profile => {
  if (profile === undefined) throw new Refused(profileNotFound);
  return profile;
};

const accepted = (decided: Profile | Refusal): Profile => {
  if ('reason' in decided) throw new Refused(decided);
  return decided;
};
