import {
  makeDynamoCounts,
  makeDynamoReports,
  makeDynamoStorageCounter,
  makeDynamoTrail,
  makeRankModules,
  makeReadDays,
  makeReadFailures,
  makeReadFleet,
  makeReadReport,
  makeReadTrail,
  makeRequestReport,
} from '../../contexts/analytics/index.ts';
import { makeDynamoIdempotency } from '../../contexts/shared/adapters/dynamo-idempotency.ts';
import { analyticsRoutes } from '../api/routes/analytics-routes.ts';
import { auditRoutes } from '../api/routes/audit-routes.ts';
import { reportRoutes } from '../api/routes/report-routes.ts';
import type { HttpApi } from '../http/http-handler.ts';
import { openDenials } from './denials.ts';
import { openTenantFinder } from './open-tenants.ts';
import { auditSettings, clock, openTable, settings } from './registry.ts';
import { openReportFiles, openReportJobs } from './reports.ts';
import { openRequestLimit } from './request-limit.ts';

export const composeReportsApi = (): HttpApi => {
  const table = openTable();
  const counts = makeDynamoCounts(table);
  const trail = makeDynamoTrail(table);
  const jobs = openReportJobs(table);
  const ports = { counts, clock };
  const routes = [
    ...auditRoutes({ readTrail: makeReadTrail(trail) }),
    ...reportRoutes({
      requestReport: makeRequestReport({
        ...{ jobs, idempotency: makeDynamoIdempotency(table), clock },
        auditDays: settings(auditSettings).AUDIT_DAYS,
      }),
      readReport: makeReadReport({ jobs, reports: makeDynamoReports(table), files: openReportFiles(), clock }),
    }),
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
