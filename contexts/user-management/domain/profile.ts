import type { Refusal } from '../../shared/domain/errors.ts';

/** A person as one tenant knows it. */
export interface Profile {
  readonly id: string;
  /** Who it is, as the token says; one profile for each in a tenant, and never another's. */
  readonly subject: string;
  readonly displayName: string;
  readonly email?: string;
  /** BCP 47; without one, the tenant's default. */
  readonly locale?: string;
  /** IANA; without one, the tenant's default. */
  readonly timeZone?: string;
  readonly createdAt: Date;
  readonly deactivatedAt?: Date;
  /** Grows by one with each change. */
  readonly version: number;
}

export type ProfileReason = 'profile-not-found' | 'profile-exists' | 'profile-changed-meanwhile';

/** Left out: stays; null: goes. */
export interface ChangeProfile {
  readonly displayName?: string | undefined;
  readonly email?: string | null | undefined;
  readonly locale?: string | null | undefined;
  readonly timeZone?: string | null | undefined;
  readonly active?: boolean | undefined;
  /** Refused if the profile has another one by now. */
  readonly version?: number | undefined;
}

export type NewProfile = Omit<Profile, 'createdAt' | 'deactivatedAt' | 'version'>;

export const createProfile = (given: NewProfile, at: Date): Profile => ({ ...given, createdAt: at, version: 1 });

export const changeProfile = (profile: Profile, change: ChangeProfile, at: Date): Profile | Refusal<ProfileReason> => {
  if (change.version !== undefined && change.version !== profile.version) return changedMeanwhile(profile);
  const { id, subject, createdAt } = profile;
  return {
    id,
    subject,
    createdAt,
    displayName: change.displayName ?? profile.displayName,
    version: profile.version + 1,
    ...present('email', changed(profile.email, change.email)),
    ...present('locale', changed(profile.locale, change.locale)),
    ...present('timeZone', changed(profile.timeZone, change.timeZone)),
    ...present('deactivatedAt', deactivation(profile, change.active, at)),
  };
};

export const profileNotFound: Refusal<ProfileReason> = {
  kind: 'not-found',
  reason: 'profile-not-found',
  message: 'this tenant has no profile with this id',
};

/** Whose it is stands in the request; it is not repeated. */
export const profileExists: Refusal<ProfileReason> = {
  kind: 'conflict',
  reason: 'profile-exists',
  message: 'this subject has a profile already: list the profiles with ?subject= and change it',
};

/** Whether dates and numbers can be written in it: `de`, `de-CH`. */
export const isLocale = (text: string): boolean => succeeds(() => Intl.getCanonicalLocales(text));

/** `Europe/Zurich`, `UTC`. */
export const isTimeZone = (text: string): boolean => succeeds(() => new Intl.DateTimeFormat('en', { timeZone: text }));

const changedMeanwhile = ({ id, version }: Profile): Refusal<ProfileReason> => ({
  kind: 'conflict',
  reason: 'profile-changed-meanwhile',
  message: `the profile is at version ${version} by now: read it again`,
  facts: { profile: id, version },
});

const changed = (before: string | undefined, wanted: string | null | undefined): string | undefined =>
  wanted === undefined ? before : (wanted ?? undefined);

/** Deactivated once, the time stays until it is active again. */
const deactivation = ({ deactivatedAt }: Profile, active: boolean | undefined, at: Date): Date | undefined => {
  if (active === undefined) return deactivatedAt;
  return active ? undefined : (deactivatedAt ?? at);
};

const present = <Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> =>
  value === undefined ? {} : ({ [key]: value } as Partial<Record<Key, Value>>);

/** Intl says no by throwing a RangeError. */
const succeeds = (attempt: () => unknown): boolean => {
  try {
    attempt();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};
