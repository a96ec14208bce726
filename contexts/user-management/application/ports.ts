import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Profile } from '../domain/profile.ts';

export interface ProfilePage {
  readonly limit: number;
  /** The id of the last profile seen: profiles come newest first. */
  readonly after?: string | undefined;
  readonly active?: boolean | undefined;
  readonly subject?: string | undefined;
}

/** Within one transaction. */
export interface ProfileChanges {
  /** Held until the transaction ends, so that nobody changes it meanwhile. */
  readonly profile: (id: string) => Promise<Profile | undefined>;
  /** False, and nothing added, when the subject has a profile. */
  readonly add: (profile: Profile) => Promise<boolean>;
  readonly replace: (profile: Profile) => Promise<void>;
}

/** The profiles of a tenant, in its own database. Rejects with Contended or Unavailable. */
export interface ProfileStore {
  readonly profile: (tenant: TenantRef, id: string) => Promise<Profile | undefined>;
  readonly profiles: (tenant: TenantRef, page: ProfilePage) => Promise<readonly Profile[]>;
  /**
   * One transaction. With a key, an answer given before is given again and `work` is not run; a key that came with another
   * body before rejects with Refused. Answers are JSON.
   */
  readonly change: <Answer>(
    tenant: TenantRef,
    key: IdempotencyKey | undefined,
    work: (changes: ProfileChanges) => Promise<Answer>,
  ) => Promise<Answer>;
}
