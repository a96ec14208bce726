export { makeDynamoBreakers } from './adapters/dynamo-breakers.ts';
export { makeDynamoEntitlements } from './adapters/dynamo-entitlements.ts';
export { makeDynamoSubscriptions } from './adapters/dynamo-subscriptions.ts';
export { makeHttpSubscriptions } from './adapters/http-subscriptions.ts';
export { guardSubscriptions, makeGuard } from './application/guard.ts';
export type { SubscriptionService } from './application/ports.ts';
export { makeListEntitlements, makeReadEntitlement } from './application/read-entitlements.ts';
export { makeSubscribe, makeUnsubscribe } from './application/subscriptions.ts';
export type { Entitlement } from './domain/entitlement.ts';
