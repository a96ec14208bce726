import { composeRegistryApi } from '../compose/api-registry.ts';
import { makeHttpHandler } from '../http/http-handler.ts';

export const handler = makeHttpHandler({ name: 'api-registry', compose: composeRegistryApi });
