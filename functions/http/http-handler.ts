import middy from '@middy/core';
import httpRouter, { type Method } from '@middy/http-router';
import type { Context } from 'aws-lambda';
import type { Denial } from '../../contexts/analytics/index.ts';
import type { Answer, Caller, Route } from '../../contexts/shared/application/route.ts';
import { Refused, Unavailable } from '../../contexts/shared/domain/errors.ts';
import { admit, identify } from './caller.ts';
import { denialIn } from './denial.ts';
import { type ApiEvent, type ApiResult, exchangeOf } from './exchange.ts';
import { headed, observed, problems } from './middleware.ts';
import { type Observe, observeWithPowertools } from './observe.ts';
import { parseRequest } from './parse-request.ts';
import { type FindTenant, resolveTenant } from './tenant.ts';
import { TooManyRequests } from './too-many-requests.ts';

/** What a function serves. */
export interface HttpApi {
  readonly routes: readonly Route[];
  readonly findTenant: FindTenant;
  /** In how many seconds the tenant's users may ask again; undefined where they may now. Absent: as often as they like. */
  readonly limitRequests?: (tenantId: string) => Promise<number | undefined>;
  /** Told of everybody who is known and asked for what is not theirs, before they are answered. */
  readonly recordDenial?: (denial: Denial) => Promise<void>;
}

export interface HttpHandlerOptions {
  /** Of the function, in logs and metrics. */
  readonly name: string;
  /** Called on the first request, so that importing a handler has no effects. */
  readonly compose: () => HttpApi;
  readonly observe?: Observe;
}

export type HttpHandler = (event: ApiEvent, context: Context) => Promise<ApiResult>;

const basePath = '/api/v1';
/** What is left of a function's time when it gives up with a 503 rather than be cut off without a word. */
const timeLeftMs = 500;

/**
 * The one middleware stack of every HTTP function: request id, access log and metrics, headers, problem documents, routing;
 * then for the route: caller and role, the tenant's limit, tenant, strict parsing, the handler, its answer.
 */
export const makeHttpHandler = ({ name, compose, observe }: HttpHandlerOptions): HttpHandler => {
  const router = once(() => routerOver(compose()));
  const observer = once(() => observe ?? observeWithPowertools(name));
  return middy<ApiEvent, ApiResult>(async (event: ApiEvent, context: Context) => router()(event, context), {
    timeoutEarlyInMillis: timeLeftMs,
    timeoutEarlyResponse: () => {
      throw new Unavailable(`${name} ran out of time`);
    },
  }).use([observed(observer), headed(), problems()]) as HttpHandler;
};

const routerOver = (api: HttpApi) =>
  httpRouter<ApiEvent, ApiResult>({
    routes: api.routes.map((route) => ({
      method: route.method as Method,
      path: `${basePath}${route.path}`,
      handler: (event: ApiEvent) => serve(route, api, event).catch((error: unknown) => denied(api, event, error)),
    })),
    notFoundResponse: ({ method }) => {
      throw new Refused({
        kind: 'not-found',
        reason: 'unknown-route',
        message: `the API has no such path for ${method}; ${basePath}/openapi.json lists them all`,
      });
    },
  });

const serve = async (route: Route, { findTenant, limitRequests }: HttpApi, event: ApiEvent): Promise<ApiResult> => {
  const exchange = exchangeOf(event);
  exchange.route = route;
  const caller = identify(route, event);
  exchange.caller = caller;
  admit(route, caller);
  const retryAfterSeconds = isTenants(caller) ? await limitRequests?.(caller.tenantId) : undefined;
  if (retryAfterSeconds !== undefined) throw new TooManyRequests(retryAfterSeconds);
  const named = route.path.includes('{tenant}') ? (event.pathParameters?.['tenant'] ?? '') : undefined;
  const tenant = named === undefined ? undefined : await resolveTenant(findTenant, caller, named);
  if (tenant) exchange.tenant = tenant;
  return resultOf(await route.handle(parseRequest(route, event, { caller, tenant, requestId: exchange.requestId })));
};

const denied = async ({ recordDenial }: HttpApi, event: ApiEvent, error: unknown): Promise<never> => {
  const denial = denialIn(error, exchangeOf(event), event);
  if (denial) await recordDenial?.(denial);
  throw error;
};

/** Who runs the platform is not limited by a tenant's plan, and does not use it up. */
const isTenants = (caller: Caller): caller is Extract<Caller, { readonly role: 'tenant-admin' | 'tenant-viewer' }> =>
  caller.role === 'tenant-admin' || caller.role === 'tenant-viewer';

const resultOf = ({ status, body, headers }: Answer): ApiResult => {
  if (body === undefined) return { statusCode: status, headers: { ...headers } };
  if (body instanceof Uint8Array)
    return { statusCode: status, headers: { ...headers }, body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
  if (typeof body === 'string') return { statusCode: status, headers: { ...headers }, body };
  return { statusCode: status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
};

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly it: T } | undefined;
  return () => {
    made ??= { it: make() };
    return made.it;
  };
};
