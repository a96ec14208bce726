import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { LocalClock } from './clock.ts';
import type { Issuer } from './issuer.ts';
import type { Lambda } from './lambda.ts';
import type { Resource, Template } from './template.ts';

/** The HTTP API of the template: routes, the JWT authorizer, and payload format 2.0 to the functions. */

export interface HttpApiOptions {
  readonly template: Template;
  readonly lambda: Pick<Lambda, 'invoke'>;
  readonly issuer: Issuer;
  readonly clock: LocalClock;
  readonly log: (message: string) => void;
}

interface Route {
  readonly method: string;
  readonly parts: readonly string[];
  readonly routeKey: string;
  readonly functionName: string;
  readonly authorizer?: { readonly issuer: string; readonly audience: readonly string[] };
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body: string | Buffer;
}

const bodyBytesMax = 10 * 1024 * 1024;
const json = (status: number, message: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
});

/** Listens on the loopback interface at `port`, which must be free. */
export const startHttpApi = async (options: HttpApiOptions, port: number): Promise<{ readonly close: () => Promise<void> }> => {
  const routes = readRoutes(options.template);
  const server = createServer((request, response) => {
    serve(routes, options, request).then(
      (reply) => send(response, reply),
      (error: unknown) => {
        options.log(`http api: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        send(response, json(500, 'Internal Server Error'));
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const readRoutes = (template: Template): readonly Route[] => {
  const byRef = (type: string): ReadonlyMap<string, Resource> => new Map(template.ofType(type).map((resource) => [resource.ref, resource]));
  const integrations = byRef('AWS::ApiGatewayV2::Integration');
  const authorizers = byRef('AWS::ApiGatewayV2::Authorizer');
  return template.ofType('AWS::ApiGatewayV2::Route').map(({ key, properties }) => {
    const { RouteKey, Target, AuthorizationType, AuthorizerId } = properties as Readonly<Record<string, string>>;
    const integration = integrations.get(String(Target).replace('integrations/', ''));
    if (!integration) throw new Error(`${key}: the integration ${Target} does not exist`);
    const [method = '', path = ''] = String(RouteKey).split(' ');
    const authorizer = AuthorizationType === 'JWT' ? authorizers.get(String(AuthorizerId)) : undefined;
    if (AuthorizationType === 'JWT' && !authorizer) throw new Error(`${key}: the authorizer ${AuthorizerId} does not exist`);
    const jwt = authorizer?.properties['JwtConfiguration'] as { readonly Issuer: string; readonly Audience: readonly string[] } | undefined;
    return {
      method,
      parts: path.split('/'),
      routeKey: String(RouteKey),
      functionName: String(integration.properties['IntegrationUri']),
      ...(jwt ? { authorizer: { issuer: jwt.Issuer, audience: jwt.Audience } } : {}),
    };
  });
};

/** Of the routes that fit, the one with the fewest parameters. */
const findRoute = (
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly parameters: Record<string, string> } | undefined => {
  const parts = path.split('/');
  const fitting = routes.filter(
    (route) =>
      route.method === method &&
      route.parts.length === parts.length &&
      route.parts.every((part, index) => isParameter(part) || part === parts[index]),
  );
  const [route] = fitting.sort((a, b) => a.parts.filter(isParameter).length - b.parts.filter(isParameter).length);
  if (!route) return undefined;
  const parameters = route.parts.flatMap((part, index) =>
    isParameter(part) ? [[part.slice(1, -1), safeDecode(parts[index] ?? '')] as const] : [],
  );
  return { route, parameters: Object.fromEntries(parameters) };
};

const isParameter = (part: string): boolean => part.startsWith('{');

const safeDecode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // a broken escape goes through as it is; the function refuses it
    return text;
  }
};

const serve = async (routes: readonly Route[], { lambda, issuer, clock }: HttpApiOptions, request: IncomingMessage): Promise<Reply> => {
  const url = new URL(request.url ?? '/', 'http://local');
  if (url.pathname === '/.well-known/jwks.json')
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(issuer.jwks()) };
  const found = findRoute(routes, request.method ?? 'GET', url.pathname);
  if (!found) return json(404, 'Not Found');
  const { route, parameters } = found;
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const claims = route.authorizer && token ? await issuer.verify(token, route.authorizer) : undefined;
  if (route.authorizer && !claims)
    return { ...json(401, 'Unauthorized'), headers: { 'content-type': 'application/json', 'www-authenticate': 'Bearer' } };
  const body = await readBody(request);
  if (body === undefined) return json(413, 'Request Entity Too Large');
  const event = eventOf({ request, url, route, parameters, claims, body, at: clock.now() });
  const outcome = await lambda.invoke(route.functionName, JSON.stringify(event));
  if (outcome === 'throttled') return json(503, 'Service Unavailable');
  if ('failure' in outcome) return json(500, 'Internal Server Error');
  return replyOf(JSON.parse(outcome.payload));
};

const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

interface Asked {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly body: Buffer;
  readonly at: Date;
}

const eventOf = ({ request, url, route, parameters, claims, body, at }: Asked) => {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : String(value)]),
  );
  const isText = /json|text|x-www-form-urlencoded|xml/.test(headers['content-type'] ?? 'application/json');
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) query.set(name, query.has(name) ? `${query.get(name)},${value}` : value);
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    ...(query.size > 0 ? { queryStringParameters: Object.fromEntries(query) } : {}),
    ...(Object.keys(parameters).length > 0 ? { pathParameters: parameters } : {}),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: headers['host'] ?? '127.0.0.1',
      domainPrefix: 'local',
      requestId: randomUUID(),
      routeKey: route.routeKey,
      stage: '$default',
      time: at.toUTCString(),
      timeEpoch: at.getTime(),
      http: {
        method: request.method,
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      ...(claims
        ? {
            authorizer: {
              jwt: { claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, String(value)])), scopes: null },
            },
          }
        : {}),
    },
    ...(body.length > 0 ? { body: isText ? body.toString() : body.toString('base64') } : {}),
    isBase64Encoded: body.length > 0 && !isText,
  };
};

interface FunctionAnswer {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

const replyOf = (answer: unknown): Reply => {
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
  }
  const { statusCode = 200, headers = {}, cookies, body = '', isBase64Encoded } = answer as FunctionAnswer;
  return {
    status: statusCode,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    ...(cookies ? { cookies } : {}),
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
};

const send = (response: ServerResponse, { status, headers = {}, cookies, body }: Reply): void => {
  response.writeHead(status, { ...headers, ...(cookies ? { 'set-cookie': [...cookies] } : {}), 'content-length': Buffer.byteLength(body) });
  response.end(body);
};
