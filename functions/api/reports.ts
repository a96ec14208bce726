import { composeReportsApi } from '../compose/api-reports.ts';
import { makeHttpHandler } from '../http/http-handler.ts';

export const handler = makeHttpHandler({ name: 'api-reports', compose: composeReportsApi });
