import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Level, Member, MemberStatus } from '../domain/member.ts';

export interface MemberPage {
  readonly limit: number;
  /** The id of the last member seen: members come newest first. */
  readonly after?: string | undefined;
  readonly status?: MemberStatus | undefined;
  /** How the name begins, whatever the case. */
  readonly name?: string | undefined;
}

/** Within one transaction. */
export interface MemberChanges {
  /** Held until the transaction ends, so that nobody changes it meanwhile. */
  readonly member: (id: string) => Promise<Member | undefined>;
  /** Without an id, the default one. */
  readonly level: (id: string | undefined) => Promise<Level | undefined>;
  /** False, and nothing added, when the number is taken. */
  readonly add: (member: Member) => Promise<boolean>;
  readonly replace: (member: Member) => Promise<void>;
}

/** The members of a tenant, in its own database. Rejects with Contended or Unavailable. */
export interface MemberStore {
  readonly member: (tenant: TenantRef, id: string) => Promise<Member | undefined>;
  readonly members: (tenant: TenantRef, page: MemberPage) => Promise<readonly Member[]>;
  readonly levels: (tenant: TenantRef) => Promise<readonly Level[]>;
  /**
   * One transaction. With a key, an answer given before is given again and `work` is not run; a key that came with another
   * body before rejects with Refused. Answers are JSON.
   */
  readonly change: <Answer>(
    tenant: TenantRef,
    key: IdempotencyKey | undefined,
    work: (changes: MemberChanges) => Promise<Answer>,
  ) => Promise<Answer>;
}
