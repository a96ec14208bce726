import { describe, expect, test } from '@jest/globals';
import type { Denial } from '../../../contexts/analytics/index.ts';
import { defineRoute, readers } from '../../../contexts/shared/application/route.ts';
import { Refused } from '../../../contexts/shared/domain/errors.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import { apiEvent, lambdaContext } from '../../support/http/api-event.ts';

const acme = { id: '01JD0000000000000000000ACM', slug: 'acme' };
const globex = '01JD0000000000000000000GBX';
const viewer = { sub: 'vera', role: 'tenant-viewer', tenant: globex };

/** An API of some routes, and whom it has told that it kept out. */
const anApi = (recordDenial = async (_: Denial): Promise<void> => {}) => {
  const told: Denial[] = [];
  const route = (path: string, roles: typeof readers | readonly ['platform-admin'], refusal?: Refused) =>
    defineRoute({
      method: 'GET',
      path,
      operationId: `get ${path}`,
      summary: 'a route',
      tags: ['Test'],
      roles,
      answers: { 204: { description: 'Nothing.' } },
      handle: async () => {
        if (refusal) throw refusal;
        return { status: 204 };
      },
    });
  const suspended = new Refused({ kind: 'forbidden', reason: 'tenant-suspended', message: 'it is suspended' });
  const handler = makeHttpHandler({
    name: 'test',
    compose: () => ({
      routes: [route('/platform', ['platform-admin']), route('/tenants/{tenant}/things', readers), route('/suspended', readers, suspended)],
      findTenant: async (named) => (named === 'acme' ? acme : undefined),
      recordDenial: async (denial) => {
        told.push(denial);
        await recordDenial(denial);
      },
    }),
    observe: () => {},
  });
  const get = (path: string, claims?: object, pathParameters?: Record<string, string>) =>
    handler(
      {
        ...apiEvent({ path: `/api/v1${path}`, ...(claims ? { claims: { ...claims } } : {}) }),
        ...(pathParameters ? { pathParameters } : {}),
      },
      lambdaContext,
    );
  return { told, get };
};

describe('Whoever asks for what is not theirs', () => {
  test('is on the record: another tenant’s path, that exists or not', async () => {
    const { told, get } = anApi();
    const answers = [await get('/tenants/acme/things', viewer), await get('/tenants/initech/things', viewer)];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403]);
    const denial = {
      subject: 'vera',
      role: 'tenant-viewer',
      ofTenant: globex,
      operation: 'get /tenants/{tenant}/things',
      reason: 'another-tenant',
    };
    expect(told).toEqual([
      { ...denial, tenant: 'acme' },
      { ...denial, tenant: 'initech' },
    ]);
  });

  test('is on the record: what their role may not do', async () => {
    const { told, get } = anApi();
    expect((await get('/platform', viewer)).statusCode).toBe(403);
    expect(told).toEqual([
      { subject: 'vera', role: 'tenant-viewer', ofTenant: globex, operation: 'get /platform', reason: 'role-not-allowed' },
    ]);
  });

  test('is not quoted where what they named is no name of a tenant', async () => {
    const { told, get } = anApi();
    await get('/tenants/<script>/things', viewer);
    expect(told).toMatchObject([{ reason: 'another-tenant' }]);
    expect(told[0]).not.toHaveProperty('tenant');
  });

  test.each([
    ['who may', '/tenants/acme/things', { sub: 'ada', role: 'tenant-admin', tenant: acme.id }, 204],
    ['who is refused for another reason', '/suspended', viewer, 403],
    ['who names a tenant that is not there and may see all', '/tenants/initech/things', { sub: 'op', role: 'platform-admin' }, 404],
    ['whom nobody knows', '/platform', undefined, 401],
    ['whose role nobody knows', '/platform', { sub: 'eve', role: 'root' }, 403],
  ])('is not somebody %s', async (_, path, claims, status) => {
    const { told, get } = anApi();
    expect([(await get(path, claims)).statusCode, told]).toEqual([status, []]);
  });
});
