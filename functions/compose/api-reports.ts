import {
  makeDynamoCounts,
  makeDynamoStorageCounter,
  makeDynamoTrail,
  makeRankModules,
  makeReadDays,
  makeReadFailures,
  makeReadFleet,
  makeReadTrail,
  makeReport,
} from '../../contexts/analytics/index.ts';
import { analyticsRoutes } from '../api/routes/analytics-routes.ts';
import { auditRoutes } from '../api/routes/audit-routes.ts';
import { reportRoutes } from '../api/routes/report-routes.ts';
import type { HttpApi } from '../http/http-handler.ts';
import { openDenials } from './denials.ts';
import { openTenantFinder } from './open-tenants.ts';
import { clock, openTable } from './registry.ts';
import { openRequestLimit } from './request-limit.ts';

export const composeReportsApi = (): HttpApi => {
  const table = openTable();
  const counts = makeDynamoCounts(table);
  const trail = makeDynamoTrail(table);
  const ports = { counts, clock };
  const routes = [
    ...auditRoutes({ readTrail: makeReadTrail(trail) }),
    ...reportRoutes({ report: makeReport(trail) }),
    ...analyticsRoutes({
      readFleet: makeReadFleet(counts),
      readStandings: counts.standings,
      rankModules: makeRankModules(ports),
      readDays: makeReadDays(ports),
      readFailures: makeReadFailures(ports),
      storage: makeDynamoStorageCounter(table),
    }),
  ];
  return { routes, findTenant: openTenantFinder(table), limitRequests: openRequestLimit(table), recordDenial: openDenials(table) };
};
