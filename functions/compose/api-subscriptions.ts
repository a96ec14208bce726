import { makeDynamoIdempotency } from '../../contexts/shared/adapters/dynamo-idempotency.ts';
import {
  makeDynamoEntitlements,
  makeKeptElsewhere,
  makeListEntitlements,
  makeReadEntitlement,
  makeSubscribe,
  makeUnsubscribe,
} from '../../contexts/subscription/index.ts';
import { subscriptionRoutes } from '../api/routes/subscription-routes.ts';
import type { HttpApi } from '../http/http-handler.ts';
import { openDenials } from './denials.ts';
import { openTenantFinder } from './open-tenants.ts';
import { openReadQuota } from './quotas.ts';
import { clock, newId, openTable } from './registry.ts';
import { openRequestLimit } from './request-limit.ts';
import { subscriptionsElsewhere } from './subscriptions.ts';

export const composeSubscriptionsApi = (): HttpApi => {
  const table = openTable();
  const elsewhere = subscriptionsElsewhere();
  const entitlements = makeDynamoEntitlements(table, newId);
  const ports = { entitlements, idempotency: makeDynamoIdempotency(table), clock };
  const routes = subscriptionRoutes({
    listEntitlements: makeListEntitlements(entitlements),
    readEntitlement: makeReadEntitlement(entitlements),
    subscribe: elsewhere === undefined ? makeSubscribe(ports) : makeKeptElsewhere(elsewhere),
    unsubscribe: elsewhere === undefined ? makeUnsubscribe(ports) : makeKeptElsewhere(elsewhere),
    readQuota: openReadQuota(table),
  });
  return { routes, findTenant: openTenantFinder(table), limitRequests: openRequestLimit(table), recordDenial: openDenials(table) };
};
