import type { Method } from '../../contexts/shared/application/route.ts';

/** What the API gateway has to know of a route; `path` without `/api/v1`. Everything but `public` needs a token. */
export interface ListedRoute {
  readonly method: Method;
  readonly path: string;
  readonly public?: true;
}

/** The functions of the registry's own API and the routes each of them serves. Importing this has no effects. */
export const registryRoutes = {
  ApiRegistry: [
    { method: 'GET', path: '/modules' },
    { method: 'GET', path: '/modules/{module}' },
    { method: 'GET', path: '/platform/modules' },
    { method: 'POST', path: '/platform/modules' },
    { method: 'POST', path: '/platform/modules/{module}/publish' },
    { method: 'POST', path: '/platform/modules/{module}/versions/{version}/publish' },
    { method: 'POST', path: '/platform/modules/{module}/install' },
    { method: 'GET', path: '/tenants/{tenant}/modules' },
    { method: 'POST', path: '/tenants/{tenant}/modules' },
    { method: 'GET', path: '/tenants/{tenant}/modules/{module}' },
    { method: 'POST', path: '/tenants/{tenant}/modules/{module}' },
    { method: 'GET', path: '/tenants/{tenant}/jobs' },
    { method: 'GET', path: '/jobs/{job}' },
    { method: 'GET', path: '/jobs/{job}/events' },
    { method: 'POST', path: '/jobs/{job}/retry' },
    { method: 'GET', path: '/installation-jobs/{job}' },
  ],
  ApiTenants: [
    { method: 'GET', path: '/tenants' },
    { method: 'POST', path: '/tenants' },
    { method: 'GET', path: '/tenants/{tenant}' },
  ],
  ApiSubscriptions: [
    { method: 'GET', path: '/tenants/{tenant}/subscriptions' },
    { method: 'GET', path: '/tenants/{tenant}/subscriptions/{module}' },
    { method: 'PUT', path: '/tenants/{tenant}/subscriptions/{module}' },
    { method: 'DELETE', path: '/tenants/{tenant}/subscriptions/{module}' },
  ],
  ApiSystem: [
    { method: 'GET', path: '/health', public: true },
    { method: 'GET', path: '/openapi.json', public: true },
    { method: 'GET', path: '/docs', public: true },
    { method: 'GET', path: '/docs/redoc.standalone.js', public: true },
  ],
} as const satisfies Readonly<Record<string, readonly ListedRoute[]>>;

export type ApiFunction = keyof typeof registryRoutes;
