import { composeSubscriptionsApi } from '../compose/api-subscriptions.ts';
import { makeHttpHandler } from '../http/http-handler.ts';

export const handler = makeHttpHandler({ name: 'api-subscriptions', compose: composeSubscriptionsApi });
