import type { IdempotencyRecord } from '../../shared/application/idempotency.ts';
import type { Entitlement } from '../domain/entitlement.ts';

/** What a tenant is entitled to, with the number of its last event. */
export interface TenantEntitlements {
  readonly entitlements: readonly Entitlement[];
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
  readonly find: (tenantId: string, module: string) => Promise<Entitlement | undefined>;
  readonly read: (tenantId: string) => Promise<TenantEntitlements>;
  readonly save: (change: EntitlementChange) => Promise<void>;
}
