import type { Method, ModuleApi, Route } from '../../contexts/shared/application/route.ts';
import { Defect } from '../../contexts/shared/domain/errors.ts';
import { analyticsRoutes } from './routes/analytics-routes.ts';
import { auditRoutes } from './routes/audit-routes.ts';
import { catalogRoutes } from './routes/catalog-routes.ts';
import { jobRoutes } from './routes/job-routes.ts';
import { moduleChangeRoutes } from './routes/module-change-routes.ts';
import { reportRoutes } from './routes/report-routes.ts';
import { subscriptionRoutes } from './routes/subscription-routes.ts';
import { systemRoutes } from './routes/system-routes.ts';
import { tenantModuleRoutes } from './routes/tenant-module-routes.ts';
import { tenantRoutes } from './routes/tenant-routes.ts';
import { verifyRoutes } from './routes/verify-routes.ts';

/** What the API gateway has to know of a route; `path` without `/api/v1`. Everything but `public` needs a token. */
export interface ListedRoute {
  readonly method: Method;
  readonly path: string;
  readonly public?: true;
}

export type ApiFunction = 'ApiRegistry' | 'ApiTenants' | 'ApiSubscriptions' | 'ApiReports' | 'ApiSystem';

const refuse = (): never => {
  throw new Defect('these routes were only listed: nothing stands behind them');
};

/** Stands for any ports or use cases where routes are listed, not called. */
const nothingBehind = <T extends object>(): T => new Proxy({}, { get: () => refuse }) as T;

/** The routes of the registry's own functions as they are declared, with nothing behind them. */
export const declaredRoutes: Readonly<Record<ApiFunction, readonly Route[]>> = {
  ApiRegistry: [
    ...catalogRoutes(nothingBehind()),
    ...tenantModuleRoutes(nothingBehind()),
    ...moduleChangeRoutes(nothingBehind()),
    ...verifyRoutes(nothingBehind()),
    ...jobRoutes(nothingBehind()),
  ],
  ApiTenants: tenantRoutes(nothingBehind()),
  ApiSubscriptions: subscriptionRoutes(nothingBehind()),
  ApiReports: [...auditRoutes(nothingBehind()), ...reportRoutes(nothingBehind()), ...analyticsRoutes(nothingBehind())],
  ApiSystem: systemRoutes(nothingBehind()),
};

/** The routes of a module's API, with nothing behind them. */
export const declaredModuleRoutes = ({ routes }: ModuleApi): readonly Route[] =>
  routes({ database: refuse, configuration: refuse, secret: refuse, clock: { now: refuse }, newId: refuse });

const listed = ({ method, path, roles }: Route): ListedRoute => ({ method, path, ...(roles === 'public' ? { public: true } : {}) });

/** The functions of the registry's own API and the routes each of them serves. Importing this has no effects. */
export const registryRoutes: Readonly<Record<ApiFunction, readonly ListedRoute[]>> = {
  ApiRegistry: declaredRoutes.ApiRegistry.map(listed),
  ApiTenants: declaredRoutes.ApiTenants.map(listed),
  ApiSubscriptions: declaredRoutes.ApiSubscriptions.map(listed),
  ApiReports: declaredRoutes.ApiReports.map(listed),
  ApiSystem: declaredRoutes.ApiSystem.map(listed),
};

/** The routes that a module's own API function serves. */
export const moduleRoutes = (declaration: ModuleApi): readonly ListedRoute[] => declaredModuleRoutes(declaration).map(listed);
