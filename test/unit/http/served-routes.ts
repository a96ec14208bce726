import * as z from 'zod';
import { type Answer, type Route, type RouteRequest, readers, writers } from '../../../contexts/shared/application/route.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import type { AccessRecord } from '../../../functions/http/observe.ts';
import { type ApiRequest, apiEvent, lambdaContext } from '../../support/http/api-event.ts';

export const acme = { id: '01JD0000000000000000000ACM', slug: 'acme' };
export const globex = { id: '01JD0000000000000000000GBX', slug: 'globex' };
export const acmeAdmin = { sub: 'ada', role: 'tenant-admin', tenant: acme.id };
export const acmeViewer = { sub: 'vera', role: 'tenant-viewer', tenant: acme.id };
export const platformAdmin = { sub: 'root', role: 'platform-admin' };

/** What came of the test's requests, and what the handler answers next. */
export const served = {
  received: [] as RouteRequest[],
  records: [] as AccessRecord[],
  failures: [] as unknown[],
  answer: (): Promise<Answer> => Promise.resolve(fine),
};
const fine: Answer = { status: 200, body: { ok: true } };

export const takes = (route: Omit<Route, 'handle' | 'answers' | 'summary' | 'tags'>): Route => ({
  ...route,
  summary: 'a route',
  tags: ['Test'],
  answers: {},
  handle: async (request) => {
    served.received.push(request);
    return served.answer();
  },
});

export const routes: readonly Route[] = [
  takes({ method: 'GET', path: '/open', operationId: 'open', roles: 'public' }),
  takes({ method: 'GET', path: '/tenants/{tenant}/things', operationId: 'listThings', roles: readers }),
  takes({
    method: 'POST',
    path: '/tenants/{tenant}/things/{thing}',
    operationId: 'changeThing',
    roles: writers,
    params: z.strictObject({ thing: z.string().regex(/^[a-z]+$/, 'is lower case') }),
    query: z.strictObject({ deep: z.enum(['true', 'false']).optional() }),
    body: z.strictObject({
      name: z.string(),
      parts: z.array(z.strictObject({ size: z.int() })).optional(),
    }),
  }),
  takes({ method: 'POST', path: '/things', operationId: 'retry', roles: ['platform-admin'] }),
  takes({ method: 'PATCH', path: '/things', operationId: 'improve', roles: ['platform-admin'], conditional: true }),
];

export const handler = makeHttpHandler({
  name: 'test',
  compose: () => ({
    routes,
    findTenant: async (named) => [acme, globex].find(({ id, slug }) => id === named || slug === named),
  }),
  observe: (record, error) => {
    served.records.push(record);
    if (error !== undefined) served.failures.push(error);
  },
});

export const send = async (request: ApiRequest) => {
  const { statusCode: status, headers = {}, body } = await handler(apiEvent(request), lambdaContext);
  return { status, headers, body: body === undefined ? undefined : JSON.parse(body) };
};
export const fieldsOf = (body: { errors: readonly { field: string; in: string; message: string }[] }): readonly string[] =>
  body.errors.map((error) => `${error.in} ${error.field}: ${error.message}`);

/** Before each test. */
export const startOver = (): void => {
  served.received = [];
  served.records = [];
  served.failures = [];
  served.answer = async () => fine;
};
