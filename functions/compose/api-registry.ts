import {
  makeDeprecateModule,
  makeDynamoCatalog,
  makeDynamoTenantModules,
  makeInstallModule,
  makeListModules,
  makeListTenantModules,
  makePublishModule,
  makeReadJob,
  makeReadJobEvents,
  makeReadTenantModule,
  makeRegisterModule,
  makeRetryJob,
  makeShowModule,
  makeWithdrawModule,
} from '../../contexts/module-registry/index.ts';
import { shards } from '../../contexts/shared/adapters/audit-item.ts';
import { makeDynamoIdempotency } from '../../contexts/shared/adapters/dynamo-idempotency.ts';
import { makeDynamoSubscriptions } from '../../contexts/subscription/index.ts';
import { catalogRoutes } from '../api/routes/catalog-routes.ts';
import { jobRoutes } from '../api/routes/job-routes.ts';
import { tenantModuleRoutes } from '../api/routes/tenant-module-routes.ts';
import type { HttpApi } from '../http/http-handler.ts';
import { resolveTenant } from '../http/tenant.ts';
import { openJobMetrics } from './job-metrics.ts';
import { openTenantFinder } from './open-tenants.ts';
import { clock, leaseSettings, newId, openExecutions, openJobs, openTable, settings } from './registry.ts';
import { onStartFailed } from './start-failed.ts';
import { tenantStatusWrites } from './tenant-status.ts';

export const composeRegistryApi = (): HttpApi => {
  const { LEASE_SECONDS: leaseSeconds, ATTEMPTS_MAX: attemptsMax } = settings(leaseSettings);
  const table = openTable();
  const findTenant = openTenantFinder(table);
  const catalog = makeDynamoCatalog(table, newId);
  const jobs = openJobs(table);
  const tenantModules = makeDynamoTenantModules(table);
  const executions = openExecutions();
  const idempotency = makeDynamoIdempotency(table);
  const subscriptions = makeDynamoSubscriptions(table);
  const common = { jobs, catalog, tenantModules, executions, idempotency, subscriptions, clock, newId, leaseSeconds, attemptsMax };
  const routes = [
    ...catalogRoutes({
      listModules: makeListModules(catalog),
      showModule: makeShowModule(catalog),
      registerModule: makeRegisterModule(common),
      publishModule: makePublishModule(common),
      deprecateModule: makeDeprecateModule(common),
      withdrawModule: makeWithdrawModule(common),
      clock,
    }),
    ...tenantModuleRoutes({
      listTenantModules: makeListTenantModules(tenantModules),
      readTenantModule: makeReadTenantModule(tenantModules),
      installModule: makeInstallModule({ ...common, onStartFailed }),
      namedTenant: (caller, named) => resolveTenant(findTenant, caller, named),
    }),
    ...jobRoutes({
      listJobs: jobs.ofTenant,
      readJob: makeReadJob(jobs),
      readJobEvents: makeReadJobEvents(jobs),
      retryJob: makeRetryJob({ ...common, shards, onStartFailed, onJobEnded: openJobMetrics(), alongside: tenantStatusWrites }),
    }),
  ];
  return { routes, findTenant };
};
