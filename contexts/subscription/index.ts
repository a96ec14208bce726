export { makeDynamoEntitlements, makeDynamoSubscriptions } from './adapters/dynamo-entitlements.ts';
export { makeListEntitlements, makeReadEntitlement } from './application/read-entitlements.ts';
export { makeSubscribe, makeUnsubscribe } from './application/subscriptions.ts';
export type { Entitlement } from './domain/entitlement.ts';
