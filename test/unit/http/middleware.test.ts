import { beforeEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { type Answer, defineRoute, type Route, type RouteRequest, readers, writers } from '../../../contexts/shared/application/route.ts';
import { Contended, Defect, Refused, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import type { AccessRecord } from '../../../functions/http/observe.ts';
import { type ApiRequest, apiEvent, lambdaContext } from '../../support/http/api-event.ts';

const acme = { id: '01JD0000000000000000000ACM', slug: 'acme' };
const globex = { id: '01JD0000000000000000000GBX', slug: 'globex' };
const acmeAdmin = { sub: 'ada', role: 'tenant-admin', tenant: acme.id };
const acmeViewer = { sub: 'vera', role: 'tenant-viewer', tenant: acme.id };
const platformAdmin = { sub: 'root', role: 'platform-admin' };

let received: RouteRequest[];
let records: AccessRecord[];
let failures: unknown[];
let answer: () => Promise<Answer>;

const takes = (route: Omit<Route, 'handle' | 'answers' | 'summary' | 'tags'>): Route => ({
  ...route,
  summary: 'a route',
  tags: ['Test'],
  answers: {},
  handle: async (request) => {
    received.push(request);
    return answer();
  },
});

const routes: readonly Route[] = [
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

const handler = makeHttpHandler({
  name: 'test',
  compose: () => ({
    routes,
    findTenant: async (named) => [acme, globex].find(({ id, slug }) => id === named || slug === named),
  }),
  observe: (record, error) => {
    records.push(record);
    if (error !== undefined) failures.push(error);
  },
});

const send = async (request: ApiRequest) => {
  const { statusCode: status, headers = {}, body } = await handler(apiEvent(request), lambdaContext);
  return { status, headers, body: body === undefined ? undefined : JSON.parse(body) };
};
const fieldsOf = (body: { errors: readonly { field: string; in: string; message: string }[] }): readonly string[] =>
  body.errors.map((error) => `${error.in} ${error.field}: ${error.message}`);

beforeEach(() => {
  received = [];
  records = [];
  failures = [];
  answer = async () => ({ status: 200, body: { ok: true } });
});

describe('A request', () => {
  test('reaches its handler parsed, with the caller and the tenant', async () => {
    const { status, body } = await send({
      method: 'POST',
      path: '/api/v1/tenants/acme/things/desk?deep=true',
      claims: acmeAdmin,
      body: { name: 'Desk' },
    });

    expect({ status, body }).toEqual({ status: 200, body: { ok: true } });
    expect(received).toEqual([
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
    expect(records[0]?.requestId).toBe('trace-7');
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

    expect(records).toEqual([
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

    expect(records[0]).toMatchObject({ status: 403, reason: 'another-tenant', subject: 'ada' });
    expect(failures).toEqual([]);
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
    expect(received).toEqual([]);
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
    expect(received.map(({ tenant }) => tenant)).toEqual([acme, acme]);
  });

  test('with a tenant role cannot tell another tenant from one that does not exist', async () => {
    const bodies = [];
    for (const named of ['globex', globex.id, 'initech', 'NOT A NAME']) {
      const { status, body } = await send({ path: `/api/v1/tenants/${named}/things`, claims: acmeAdmin });
      expect(status).toBe(403);
      bodies.push({ ...body, instance: '' });
    }
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(received).toEqual([]);
  });

  test('who is a platform admin reaches every tenant, and is told of one that does not exist', async () => {
    const claims = platformAdmin;
    expect((await send({ path: '/api/v1/tenants/globex/things', claims })).status).toBe(200);
    const { status, body } = await send({ path: '/api/v1/tenants/initech/things', claims });

    expect([status, body.type, body.tenant]).toEqual([404, 'https://module-registry.example/problems/unknown-tenant', 'initech']);
  });
});

describe('A request that is wrong', () => {
  const path = '/api/v1/tenants/acme/things/desk';

  test('is told every wrong field at once, unknown ones too, wherever they stand', async () => {
    const { status, body } = await send({
      method: 'POST',
      path: '/api/v1/tenants/acme/things/DESK?deep=maybe&colour=red',
      claims: acmeAdmin,
      body: { parts: [{ size: 1 }, { size: 'big', weight: 2 }], owner: 'eve' },
    });

    expect([status, body.type]).toEqual([400, 'https://module-registry.example/problems/malformed']);
    expect(fieldsOf(body)).toEqual([
      'path thing: is lower case',
      'query deep: Invalid option: expected one of "true"|"false"',
      'query colour: is not known here; leave it out',
      'body name: is required',
      'body parts[1].size: Invalid input: expected number, received string',
      'body parts[1].weight: is not known here; leave it out',
      'body owner: is not known here; leave it out',
    ]);
    expect(body.detail).toBe('the request is wrong in thing, deep, colour, name, parts[1].size, parts[1].weight, owner; see errors');
    expect(received).toEqual([]);
  });

  test('without a body lacks the fields that are required', async () => {
    const { body } = await send({ method: 'POST', path, claims: acmeAdmin });

    expect(fieldsOf(body)).toEqual(['body name: is required']);
  });

  test('with a body that is no object is told so', async () => {
    const { body } = await send({ method: 'POST', path, claims: acmeAdmin, body: '[]' });

    expect(fieldsOf(body)).toEqual(['body body: Invalid input: expected object, received array']);
  });

  test('with broken JSON is told where it breaks, and nothing of it is quoted', async () => {
    const { status, body } = await send({ method: 'POST', path, claims: acmeAdmin, body: '{\n  "name": "secret",\n  "parts": [1,]\n}' });

    expect([status, body.detail]).toEqual([400, 'the body is not JSON: at line 3, column 15 this cannot stand there']);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test('with fields for a route that takes none is refused', async () => {
    const { status, body } = await send({ method: 'POST', path: '/api/v1/things?x=1', claims: platformAdmin, body: { force: true } });

    expect(status).toBe(400);
    expect(fieldsOf(body)).toEqual(['query x: is not known here; leave it out', 'body force: is not known here; leave it out']);
  });

  test('with bytes that are not UTF-8 is refused', async () => {
    const event = { ...apiEvent({ method: 'POST', path, claims: acmeAdmin }), body: Buffer.from([0xff, 0xfe]).toString('base64') };
    const { statusCode, body } = await handler({ ...event, isBase64Encoded: true }, lambdaContext);

    expect([statusCode, JSON.parse(body ?? '').errors]).toEqual([400, [{ field: 'body', in: 'body', message: 'must be JSON in UTF-8' }]]);
  });

  test('is read all the same when the gateway encoded its body', async () => {
    const body = Buffer.from('{"name":"Büro"}').toString('base64');
    await handler({ ...apiEvent({ method: 'POST', path, claims: acmeAdmin }), body, isBase64Encoded: true }, lambdaContext);

    expect(received[0]?.body).toEqual({ name: 'Büro' });
  });
});

describe('An Idempotency-Key', () => {
  const call = (more: Partial<ApiRequest> = {}): ApiRequest => ({
    method: 'POST',
    path: '/api/v1/tenants/acme/things/desk',
    claims: acmeAdmin,
    headers: { 'idempotency-key': 'key-1' },
    body: { name: 'Desk' },
    ...more,
  });
  const keyOf = async (more?: Partial<ApiRequest>) => {
    received = [];
    await send(call(more));
    return received[0]?.idempotency;
  };

  test('is the same for the same call, whatever its body, and tells the bodies apart', async () => {
    const [first, again, other] = [await keyOf(), await keyOf(), await keyOf({ body: { name: 'Chair' } })];

    expect(first).toEqual({ id: expect.stringMatching(/^[\da-f]{64}$/), bodyHash: expect.stringMatching(/^[\da-f]{64}$/) });
    expect(again).toEqual(first);
    expect(other?.id).toBe(first?.id);
    expect(other?.bodyHash).not.toBe(first?.bodyHash);
  });

  test('is scoped to tenant, subject, path and key', async () => {
    const ids = [
      await keyOf(),
      await keyOf({ claims: { ...acmeAdmin, sub: 'alan' } }),
      await keyOf({ claims: platformAdmin, path: '/api/v1/tenants/globex/things/desk' }),
      await keyOf({ path: '/api/v1/tenants/acme/things/chair' }),
      await keyOf({ headers: { 'idempotency-key': 'key-2' } }),
    ].map((key) => key?.id);

    expect(new Set(ids).size).toBe(5);
    expect(ids).not.toContain(undefined);
  });

  test('does not let a body be guessed by its hash: the same body under another key has another one', async () => {
    const [first, other] = [await keyOf(), await keyOf({ headers: { 'idempotency-key': 'key-2' } })];

    expect(other?.bodyHash).not.toBe(first?.bodyHash);
  });

  test('is left out of a request that changes nothing, or that has none', async () => {
    await send({ path: '/api/v1/tenants/acme/things', claims: acmeAdmin, headers: { 'idempotency-key': 'key-1' } });
    await send(call({ headers: {} }));

    expect(received.map((request) => 'idempotency' in request)).toEqual([false, false]);
  });

  test.each([
    ['has a space', 'a key'],
    ['is too long', 'k'.repeat(256)],
    ['is empty', ''],
  ])('that %s is refused', async (_, key) => {
    const { status, body } = await send(call({ headers: { 'idempotency-key': key } }));

    expect(status).toBe(400);
    expect(fieldsOf(body)).toEqual(['header Idempotency-Key: is 1 to 255 printable ASCII characters without spaces']);
  });
});

describe('A handler', () => {
  const throwing = async (error: unknown) => {
    answer = async () => {
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
    expect(failures).toEqual([error]);
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
    expect(failures).toEqual([thrown]);
  });

  test('answers without a body, as text, or as bytes where it says so', async () => {
    answer = async () => ({ status: 204 });
    const empty = await handler(apiEvent({ path: '/api/v1/open' }), lambdaContext);
    answer = async () => ({ status: 200, body: '<p>', headers: { 'content-type': 'text/html', 'cache-control': 'public' } });
    const text = await handler(apiEvent({ path: '/api/v1/open' }), lambdaContext);
    answer = async () => ({ status: 200, body: Uint8Array.of(1, 2), headers: { 'content-type': 'image/png' } });
    const bytes = await handler(apiEvent({ path: '/api/v1/open' }), lambdaContext);

    expect(empty).toMatchObject({ statusCode: 204 });
    expect(empty).not.toHaveProperty('body');
    expect(text).toMatchObject({ body: '<p>', headers: { 'content-type': 'text/html', 'cache-control': 'public' } });
    expect(bytes).toMatchObject({ body: 'AQI=', isBase64Encoded: true });
  });

  test('that does not end in time is given up with a 503', async () => {
    answer = () => new Promise(() => {});
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

describe('A route as it is written', () => {
  test('is the same route to the middleware, with a handler of parsed values', async () => {
    const route = defineRoute({
      method: 'GET',
      path: '/tenants/{tenant}/things',
      operationId: 'listThings',
      summary: 'List things',
      tags: ['Test'],
      roles: readers,
      query: z.strictObject({ limit: z.coerce.number().default(20) }),
      answers: { 200: { description: 'How many.', schema: z.strictObject({ limit: z.number() }) } },
      handle: async ({ tenant, query }) => ({ status: 200, body: { limit: tenant.slug.length + query.limit } }),
    });
    const typed = makeHttpHandler({
      name: 'test',
      compose: () => ({ routes: [route], findTenant: async () => acme }),
      observe: () => {},
    });

    const { body } = await typed(apiEvent({ path: '/api/v1/tenants/acme/things?limit=3', claims: acmeAdmin }), lambdaContext);
    expect(body).toBe('{"limit":7}');
  });
});

describe('A conditional request', () => {
  const improve = (headers: Readonly<Record<string, string>>) =>
    send({ method: 'PATCH', path: '/api/v1/things', claims: platformAdmin, headers, body: {} });

  test.each([
    ['one tag', '"a1"', ['"a1"']],
    ['several', '"a1", W/"b2"', ['"a1"', 'W/"b2"']],
    ['any', ' * ', ['*']],
  ])('brings the entity tags of its If-Match: %s', async (_, sent, tags) => {
    expect((await improve({ 'if-match': sent })).status).toBe(200);
    expect(received[0]?.ifMatch).toEqual(tags);
  });

  test('is refused with 428 without If-Match', async () => {
    const { status, body } = await improve({});

    expect([status, body.type]).toEqual([428, expect.stringMatching(/if-match-required$/)]);
    expect(received).toEqual([]);
  });

  test.each(['a1', '"a1" "b2"', '"a1', '', '"a1",*', '"ä"'])('is refused with 400 when If-Match is %j', async (sent) => {
    const { status, body } = await improve({ 'if-match': sent });

    expect([status, fieldsOf(body)[0]]).toEqual([400, expect.stringMatching(/^header If-Match: is \*/)]);
  });

  test('is the only one that looks at If-Match', async () => {
    await send({ method: 'POST', path: '/api/v1/things', claims: platformAdmin, headers: { 'if-match': '"a1"' } });

    expect(received[0]).not.toHaveProperty('ifMatch');
  });
});
