import { beforeEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { defineRoute, readers } from '../../../contexts/shared/application/route.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import { type ApiRequest, apiEvent, lambdaContext } from '../../support/http/api-event.ts';
import { acme, acmeAdmin, fieldsOf, handler, platformAdmin, send, served, startOver } from './served-routes.ts';

beforeEach(startOver);

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
    expect(served.received).toEqual([]);
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

    expect(served.received[0]?.body).toEqual({ name: 'Büro' });
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
    served.received = [];
    await send(call(more));
    return served.received[0]?.idempotency;
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

    expect(served.received.map((request) => 'idempotency' in request)).toEqual([false, false]);
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
    expect(served.received[0]?.ifMatch).toEqual(tags);
  });

  test('is refused with 428 without If-Match', async () => {
    const { status, body } = await improve({});

    expect([status, body.type]).toEqual([428, expect.stringMatching(/if-match-required$/)]);
    expect(served.received).toEqual([]);
  });

  test.each(['a1', '"a1" "b2"', '"a1', '', '"a1",*', '"ä"'])('is refused with 400 when If-Match is %j', async (sent) => {
    const { status, body } = await improve({ 'if-match': sent });

    expect([status, fieldsOf(body)[0]]).toEqual([400, expect.stringMatching(/^header If-Match: is \*/)]);
  });

  test('is the only one that looks at If-Match', async () => {
    await send({ method: 'POST', path: '/api/v1/things', claims: platformAdmin, headers: { 'if-match': '"a1"' } });

    expect(served.received[0]).not.toHaveProperty('ifMatch');
  });
});
