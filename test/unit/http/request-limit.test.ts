import { describe, expect, test } from '@jest/globals';
import { defineRoute, readers } from '../../../contexts/shared/application/route.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import { apiEvent, lambdaContext } from '../../support/http/api-event.ts';

const acme = { id: '01JD0000000000000000000ACM', slug: 'acme' };
const globex = '01JD0000000000000000000GBX';

/** An API whose limit answers that, and what it was asked and served. */
const anApi = (retryAfterSeconds: number | undefined) => {
  const asked: string[] = [];
  const served: string[] = [];
  const found: string[] = [];
  const route = (path: string, roles: typeof readers | 'public') =>
    defineRoute({
      method: 'GET',
      path,
      operationId: path,
      summary: 'a route',
      tags: ['Test'],
      roles,
      answers: { 204: { description: 'Nothing.' } },
      handle: async () => {
        served.push(path);
        return { status: 204 };
      },
    });
  const handler = makeHttpHandler({
    name: 'test',
    compose: () => ({
      routes: [route('/open', 'public'), route('/things', readers), route('/tenants/{tenant}/things', readers)],
      findTenant: async (named) => {
        found.push(named);
        return acme;
      },
      limitRequests: async (tenantId) => {
        asked.push(tenantId);
        return retryAfterSeconds;
      },
    }),
    observe: () => {},
  });
  return {
    asked,
    served,
    found,
    get: (path: string, claims?: object) =>
      handler(apiEvent({ path: `/api/v1${path}`, ...(claims ? { claims: { ...claims } } : {}) }), lambdaContext),
  };
};
const viewer = { sub: 'vera', role: 'tenant-viewer', tenant: acme.id };

describe('A tenant’s user', () => {
  test('who asks too often is told so, and when to come back; nothing is done', async () => {
    const { get, served, found } = anApi(7);
    const { statusCode, headers, body } = await get('/tenants/acme/things', viewer);
    expect([statusCode, headers?.['retry-after'], headers?.['content-type']]).toEqual([429, '7', 'application/problem+json']);
    expect(JSON.parse(body ?? '')).toMatchObject({
      type: 'https://module-registry.example/problems/too-many-requests',
      title: 'Too many requests',
      status: 429,
      detail: 'the tenant’s requests of this minute are used up; send the request again in 7 seconds',
    });
    expect([served, found]).toEqual([[], []]);
  });

  test('is counted for their own tenant, whatever they ask for', async () => {
    const { get, asked } = anApi(undefined);
    await get('/tenants/acme/things', viewer);
    await get('/things', viewer);
    await get('/tenants/globex/things', { ...viewer, tenant: globex });
    expect(asked).toEqual([acme.id, acme.id, globex]);
  });
});

test('Who runs the platform, and who asks what is public, is not counted', async () => {
  const { get, asked, served } = anApi(7);
  await get('/tenants/acme/things', { sub: 'root', role: 'platform-admin', tenant: acme.id });
  await get('/open');
  expect([asked, served]).toEqual([[], ['/tenants/{tenant}/things', '/open']]);
});
