import type { IdempotencyRecord } from '../../shared/application/idempotency.ts';
import type { Quota } from '../../shared/domain/quota.ts';
import type { Breaker } from '../domain/breaker.ts';
import type { Entitlement } from '../domain/entitlement.ts';
import type { EntitlementUse } from '../domain/entitlement-use.ts';

/** What a tenant is entitled to, what of it is in use, and the number of its last event. */
export interface TenantEntitlements {
  readonly entitlements: readonly Entitlement[];
  /** Of modules that need no subscription too. */
  readonly uses: readonly EntitlementUse[];
  readonly sequence: number;
}

export interface EntitlementChange {
  readonly entitlement: Entitlement;
  /** The number of the event that this change is; the one after the last that was read. */
  readonly sequence: number;
  readonly event: 'TenantSubscribed' | 'TenantUnsubscribed';
  readonly actor: string;
  readonly at: Date;
  readonly idempotency?: IdempotencyRecord;
}

/** Entitlements and their trail. `save` rejects with `Contended` when another change came first. */
export interface EntitlementStore {
  readonly read: (tenantId: string) => Promise<TenantEntitlements>;
  readonly save: (change: EntitlementChange) => Promise<void>;
  /** Of a tenant whose data is gone: it uses nothing any more. What it was entitled to stays, with the trail. */
  readonly releaseAll: (tenantId: string) => Promise<void>;
}

/** A tenant and the plan it is on, which another context keeps. */
export interface TenantOnPlan {
  readonly id: string;
  readonly plan: string;
}

/** What other contexts ask. Rejects with `Unavailable` when nobody can say: only a clear no is a no. */
export interface SubscriptionService {
  readonly hasSubscriptionForModule: (tenantId: string, module: string) => Promise<boolean>;
  /** Those of the modules that the tenant is entitled to. */
  readonly subscribedAmong: (tenantId: string, modules: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly getSubscriptionQuota: (tenant: TenantOnPlan) => Promise<Quota>;
}

/** Breakers by the name of the service that they guard. */
export interface BreakerStore {
  /** A closed one where none was ever stored. */
  readonly read: (service: string) => Promise<Breaker>;
  /** Rejects with `Contended` when another change came first. */
  readonly save: (service: string, before: Breaker, after: Breaker) => Promise<void>;
}
