import { composeTenantsApi } from '../compose/api-tenants.ts';
import { makeHttpHandler } from '../http/http-handler.ts';

export const handler = makeHttpHandler({ name: 'api-tenants', compose: composeTenantsApi });
