import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlaneStand, functionOf, roleOf, startControlPlane } from './control-plane-stand.ts';
import { given, onAws, onlyLocally } from './target.ts';

/**
 * On AWS: CONFORMANCE_API, the origin of an HTTP API with the routes below on `$default`, and CONFORMANCE_TOKEN, a JWT that its
 * authorizer takes. The function answers the event that it was given, or what `event.body.answer` says.
 */
const echo = `const asked = event.body ? JSON.parse(event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body) : {};
  if (asked.fail) throw named('Defect', 'no');
  if (asked.plain) return { plain: asked.plain };
  if (asked.answer) return asked.answer;
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) };`;

const route = (RouteKey: string, more: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: { ApiId: { Ref: 'Api' }, RouteKey, Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] }, ...more },
});
const closed = { AuthorizationType: 'JWT', AuthorizerId: { Ref: 'Authorizer' } };

let stand: ControlPlaneStand | undefined;
let origin: string;
let token: string;

beforeAll(async () => {
  if (!onAws)
    stand = await startControlPlane({
      resources: {
        ...roleOf(),
        Echo: functionOf('Echo'),
        Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'suite', ProtocolType: 'HTTP' } },
        Integration: {
          Type: 'AWS::ApiGatewayV2::Integration',
          Properties: {
            ApiId: { Ref: 'Api' },
            IntegrationType: 'AWS_PROXY',
            IntegrationUri: { 'Fn::GetAtt': ['Echo', 'Arn'] },
            PayloadFormatVersion: '2.0',
          },
        },
        Authorizer: {
          Type: 'AWS::ApiGatewayV2::Authorizer',
          Properties: {
            ApiId: { Ref: 'Api' },
            AuthorizerType: 'JWT',
            Name: 'jwt',
            IdentitySource: ['$request.header.Authorization'],
            JwtConfiguration: { Issuer: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, Audience: ['suite'] },
          },
        },
        Open: route('GET /open'),
        Post: route('POST /open'),
        Closed: route('GET /tenants/{tenant}/modules/{module}', closed),
        Literal: route('GET /tenants/{tenant}/modules/newest', closed),
      },
      functions: { Echo: echo },
    });
  origin = stand?.api ?? given('CONFORMANCE_API');
  token = stand ? await stand.issuer.mint({ sub: 'ada', role: 'tenant-admin' }) : given('CONFORMANCE_TOKEN');
});

afterAll(() => stand?.close());

const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(`${origin}${path}`, { headers });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Readonly<Record<string, unknown>> };
};
const withToken = () => ({ authorization: `Bearer ${token}` });
const post = (body: unknown) =>
  fetch(`${origin}/open`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

describe('A request', () => {
  test('arrives in payload format 2.0', async () => {
    const { status, body } = await get('/open?a=1&b=2&b=3', { 'x-trace': 'yes', cookie: 'c=1' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      version: '2.0',
      routeKey: 'GET /open',
      rawPath: '/open',
      rawQueryString: 'a=1&b=2&b=3',
      queryStringParameters: { a: '1', b: '2,3' },
      isBase64Encoded: false,
      requestContext: { http: { method: 'GET', path: '/open' }, stage: '$default' },
    });
    expect(body['headers']).toMatchObject({ 'x-trace': 'yes' });
  });

  test('brings the parameters of its path, decoded', async () => {
    const { body } = await get('/tenants/acme%20corp/modules/digital_card', withToken());
    expect(body['pathParameters']).toEqual({ tenant: 'acme corp', module: 'digital_card' });
  });

  test('takes the route with the literal rather than the one with the parameter', async () => {
    const { body } = await get('/tenants/acme/modules/newest', withToken());
    expect(body['routeKey']).toBe('GET /tenants/{tenant}/modules/newest');
  });

  test('for which there is no route is answered 404', async () => {
    expect(await get('/nowhere')).toMatchObject({ status: 404, body: { message: 'Not Found' } });
  });

  test('without a token, or with a broken one, is answered 401 where the route is closed', async () => {
    const path = '/tenants/acme/modules/digital_card';
    const answers = [
      await get(path),
      await get(path, { authorization: `${withToken().authorization}x` }),
      await get(path, { authorization: 'Basic x' }),
    ];
    expect(answers.map(({ status, body }) => [status, body['message']])).toEqual(Array.from({ length: 3 }, () => [401, 'Unauthorized']));
    expect(answers[0]?.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('with a token brings its claims, all as text', async () => {
    const { body } = await get('/tenants/acme/modules/digital_card', withToken());
    expect(body['requestContext']).toMatchObject({ authorizer: { jwt: { claims: { sub: expect.any(String), exp: expect.any(String) } } } });
  });

  onlyLocally('with a token that has expired is answered 401', async () => {
    const old = await stand?.issuer.mint({ sub: 'ada' });
    stand?.local.clock.advance(25 * 3_600_000);
    expect((await get('/tenants/acme/modules/digital_card', { authorization: `Bearer ${old}` })).status).toBe(401);
    token = (await stand?.issuer.mint({ sub: 'ada' })) ?? '';
  });
});

describe('An answer', () => {
  test('has the status, headers and body that the function said', async () => {
    const response = await post({ answer: { statusCode: 418, headers: { 'x-kind': 'tea' }, body: 'short' } });
    expect([response.status, response.headers.get('x-kind'), await response.text()]).toEqual([418, 'tea', 'short']);
  });

  test('that is no answer of HTTP is sent as JSON with 200', async () => {
    const response = await post({ plain: 7 });
    expect([response.status, await response.json()]).toEqual([200, { plain: 7 }]);
  });

  test('in base64 is sent as bytes', async () => {
    const response = await post({ answer: { statusCode: 200, isBase64Encoded: true, body: Buffer.from([0, 255]).toString('base64') } });
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255]);
  });

  test('of a function that fails is 500, without its words', async () => {
    const response = await post({ fail: true });
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
  });
});
