import { composeSystemApi } from '../compose/api-system.ts';
import { makeHttpHandler } from '../http/http-handler.ts';

export const handler = makeHttpHandler({ name: 'api-system', compose: composeSystemApi });
