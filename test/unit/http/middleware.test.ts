import { beforeEach, describe, expect, test } from '@jest/globals';
import { Contended, Defect, Refused, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import { apiEvent, lambdaContext } from '../../support/http/api-event.ts';
import { acme, acmeAdmin, acmeViewer, globex, handler, platformAdmin, routes, send, served, startOver } from './served-routes.ts';

beforeEach(startOver);

describe('A request', () => {
  test('reaches its handler parsed, with the caller and the tenant', async () => {
    const { status, body } = await send({
      method: 'POST',
      path: '/api/v1/tenants/acme/things/desk?deep=true',
      claims: acmeAdmin,
      body: { name: 'Desk' },
    });

    expect({ status, body }).toEqual({ status: 200, body: { ok: true } });
    expect(served.received).toEqual([
      {
        caller: { subject: 'ada', role: 'tenant-admin', tenantId: acme.id },
        tenant: acme,
        params: { thing: 'desk' },
        query: { deep: 'true' },
        body: { name: 'Desk' },
        requestId: 'gateway-request-1',
      },
    ]);
  });

  test('keeps the request id that it brought', async () => {
    const { headers } = await send({ path: '/api/v1/open', headers: { 'x-request-id': 'trace-7' } });

    expect(headers['x-request-id']).toBe('trace-7');
    expect(served.records[0]?.requestId).toBe('trace-7');
  });

  test('gets the gateway’s request id where its own could break a log line', async () => {
    const { headers } = await send({ path: '/api/v1/open', headers: { 'x-request-id': 'a\n{"level":"ERROR"}' } });

    expect(headers['x-request-id']).toBe('gateway-request-1');
  });

  test('is answered with headers that make a browser do nothing with it, also when it is refused', async () => {
    const answers = [await send({ path: '/api/v1/open' }), await send({ path: '/api/v1/nowhere' })];

    for (const { headers } of answers)
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
      });
  });

  test('to a path or with a method that the API does not have is answered 404 as a problem', async () => {
    const unknown = [await send({ path: '/api/v1/nowhere' }), await send({ method: 'DELETE', path: '/api/v1/open' })];

    for (const { status, headers, body } of unknown) {
      expect(status).toBe(404);
      expect(headers['content-type']).toBe('application/problem+json');
      expect(body.type).toBe('https://module-registry.example/problems/unknown-route');
    }
  });

  test('leaves one access record, with ids and names only', async () => {
    await send({ method: 'POST', path: '/api/v1/tenants/acme/things/desk', claims: acmeAdmin, body: { name: 'secret' } });

    expect(served.records).toEqual([
      {
        requestId: 'gateway-request-1',
        method: 'POST',
        route: '/tenants/{tenant}/things/{thing}',
        operation: 'changeThing',
        status: 200,
        durationMs: expect.any(Number),
        subject: 'ada',
        role: 'tenant-admin',
        tenant: acme.id,
      },
    ]);
  });

  test('leaves the reason of its refusal in the access record', async () => {
    await send({ path: '/api/v1/tenants/globex/things', claims: acmeAdmin });

    expect(served.records[0]).toMatchObject({ status: 403, reason: 'another-tenant', subject: 'ada' });
    expect(served.failures).toEqual([]);
  });
});

describe('A caller', () => {
  test('without verified claims is told to authenticate', async () => {
    const { status, body } = await send({ path: '/api/v1/tenants/acme/things' });

    expect([status, body.type]).toEqual([401, 'https://module-registry.example/problems/unauthenticated']);
  });

  test.each([
    ['a role that we do not know', { sub: 'eve', role: 'admin', tenant: acme.id }, 'unknown-role'],
    ['no role', { sub: 'eve', tenant: acme.id }, 'unknown-role'],
    ['several roles', { sub: 'eve', role: ['platform-admin'] }, 'unknown-role'],
    ['a tenant role and no tenant', { sub: 'eve', role: 'tenant-admin' }, 'tenant-claim-missing'],
    ['a tenant’s slug for its id', { sub: 'eve', role: 'tenant-admin', tenant: 'acme' }, 'tenant-claim-missing'],
  ])('with %s is refused', async (_, claims, reason) => {
    const { status, body } = await send({ path: '/api/v1/tenants/acme/things', claims });

    expect([status, body.type]).toEqual([403, `https://module-registry.example/problems/${reason}`]);
    expect(served.received).toEqual([]);
  });

  test('whose role may not do it is refused, and told who may', async () => {
    const request = { method: 'POST', path: '/api/v1/tenants/acme/things/desk', claims: acmeViewer, body: { name: 'Desk' } };
    const { status, body } = await send(request);

    expect(status).toBe(403);
    expect(body).toMatchObject({
      type: 'https://module-registry.example/problems/role-not-allowed',
      role: 'tenant-viewer',
      allowed: ['platform-admin', 'tenant-admin'],
    });
  });

  test('with a tenant role reads its own tenant, by slug and by id', async () => {
    for (const named of [acme.slug, acme.id]) {
      expect((await send({ path: `/api/v1/tenants/${named}/things`, claims: acmeViewer })).status).toBe(200);
    }
    expect(served.received.map(({ tenant }) => tenant)).toEqual([acme, acme]);
  });

  test('with a tenant role cannot tell another tenant from one that does not exist', async () => {
    const bodies = [];
    for (const named of ['globex', globex.id, 'initech', 'NOT A NAME']) {
      const { status, body } = await send({ path: `/api/v1/tenants/${named}/things`, claims: acmeAdmin });
      expect(status).toBe(403);
      bodies.push({ ...body, instance: '' });
    }
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(served.received).toEqual([]);
  });

  test('who is a platform admin reaches every tenant, and is told of one that does not exist', async () => {
    const claims = platformAdmin;
    expect((await send({ path: '/api/v1/tenants/globex/things', claims })).status).toBe(200);
    const { status, body } = await send({ path: '/api/v1/tenants/initech/things', claims });

    expect([status, body.type, body.tenant]).toEqual([404, 'https://module-registry.example/problems/unknown-tenant', 'initech']);
  });
});

describe('A handler', () => {
  const throwing = async (error: unknown) => {
    served.answer = async () => {
      throw error;
    };
    return send({ path: '/api/v1/open' });
  };

  test.each([
    ['payment-required', 402],
    ['forbidden', 403],
    ['not-found', 404],
    ['conflict', 409],
    ['unprocessable', 422],
  ] as const)('that refuses with %s is answered %i with the reason and its facts', async (kind, status) => {
    const refusal = { kind, reason: 'already-installed', message: 'it is there by job 1', facts: { jobId: '1', status: 'Active' } };
    const answered = await throwing(new Refused(refusal));

    expect(answered.status).toBe(status);
    expect(answered.headers['content-type']).toBe('application/problem+json');
    expect(answered.body).toEqual({
      type: 'https://module-registry.example/problems/already-installed',
      title: 'Already installed',
      status,
      detail: 'it is there by job 1',
      instance: '/api/v1/open',
      requestId: 'gateway-request-1',
      jobId: '1',
    });
  });

  test('that lost every race is answered 409, to be sent again', async () => {
    const { status, headers, body } = await throwing(new Contended('item TENANT#1 changed'));

    expect([status, headers['retry-after'], body.type]).toEqual([409, '1', 'https://module-registry.example/problems/contended']);
    expect(body.detail).not.toContain('TENANT#1');
  });

  test('that misses the outside is answered 503 with the time to wait, and the error is reported', async () => {
    const error = new Unavailable('connect ECONNREFUSED 10.0.0.1', 7);
    const { status, headers, body } = await throwing(error);

    expect([status, headers['retry-after']]).toEqual([503, '7']);
    expect(JSON.stringify(body)).not.toContain('10.0.0.1');
    expect(served.failures).toEqual([error]);
  });

  test.each([
    ['a defect', new Defect('secret row', { sqlState: '42P01' }, { cause: new Error('Key (email)=(a@b.c)') })],
    ['an error of anybody', new TypeError('secret is not a function')],
    ['something that is no error', 'secret'],
  ])('that throws %s is answered 500 with the request id and nothing internal', async (_, thrown) => {
    const { status, body } = await throwing(thrown);

    expect(status).toBe(500);
    expect(body).toEqual({
      type: 'https://module-registry.example/problems/internal',
      title: 'Internal',
      status: 500,
      detail: 'the service has a defect; report it with the request id gateway-request-1',
      instance: '/api/v1/open',
      requestId: 'gateway-request-1',
    });
    expect(served.failures).toEqual([thrown]);
  });

  test('answers without a body, as text, or as bytes where it says so', async () => {
    served.answer = async () => ({ status: 204 });
    const empty = await handler(apiEvent({ path: '/api/v1/open' }), lambdaContext);
    served.answer = async () => ({ status: 200, body: '<p>', headers: { 'content-type': 'text/html', 'cache-control': 'public' } });
    const text = await handler(apiEvent({ path: '/api/v1/open' }), lambdaContext);
    served.answer = async () => ({ status: 200, body: Uint8Array.of(1, 2), headers: { 'content-type': 'image/png' } });
    const bytes = await handler(apiEvent({ path: '/api/v1/open' }), lambdaContext);

    expect(empty).toMatchObject({ statusCode: 204 });
    expect(empty).not.toHaveProperty('body');
    expect(text).toMatchObject({ body: '<p>', headers: { 'content-type': 'text/html', 'cache-control': 'public' } });
    expect(bytes).toMatchObject({ body: 'AQI=', isBase64Encoded: true });
  });

  test('that does not end in time is given up with a 503', async () => {
    served.answer = () => new Promise(() => {});
    const { statusCode } = await handler(apiEvent({ path: '/api/v1/open' }), { ...lambdaContext, getRemainingTimeInMillis: () => 520 });

    expect(statusCode).toBe(503);
  });

  test('is composed on the first request, and again when that failed', async () => {
    let composed = 0;
    const late = makeHttpHandler({
      name: 'test',
      compose: () => {
        composed += 1;
        if (composed === 1) throw new Error('TABLE_NAME is missing');
        return { routes, findTenant: async () => undefined };
      },
      observe: () => {},
    });
    expect(composed).toBe(0);
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await late(apiEvent({ path: '/api/v1/open' }), lambdaContext)).statusCode);

    expect({ statuses, composed }).toEqual({ statuses: [500, 200, 200], composed: 2 });
  });
});
