import * as z from 'zod';
import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import {
  guardSubscriptions,
  makeDynamoBreakers,
  makeDynamoSubscriptions,
  makeGuard,
  makeHttpSubscriptions,
  type SubscriptionService,
} from '../../contexts/subscription/index.ts';
import { clock, settings } from './registry.ts';

const inProcess = 'in-process';
const Url = z.union([z.literal(inProcess), z.url({ protocol: /^https?$/ })]).default(inProcess);
/** Several questions fit into one request; a service that takes longer is as good as absent. */
const timeoutMilliseconds = 2_000;

/** Where the entitlements are kept; absent: here. */
export const subscriptionsElsewhere = (): string | undefined => {
  const { SUBSCRIPTION_URL: url } = settings({ SUBSCRIPTION_URL: Url });
  return url === inProcess ? undefined : url;
};

/** The subscription context as the others ask it: in process, or, where `SUBSCRIPTION_URL` names a service, over HTTP behind a breaker. */
export const openSubscriptions = (table: Table): SubscriptionService => {
  const url = subscriptionsElsewhere();
  if (url !== undefined) {
    const guard = makeGuard({ breakers: makeDynamoBreakers(table), clock, service: 'subscription' });
    return guardSubscriptions(makeHttpSubscriptions({ url, timeoutMilliseconds }), guard);
  }
  return makeDynamoSubscriptions(table);
};
