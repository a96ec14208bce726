import { LambdaClient } from '@aws-sdk/client-lambda';
import {
  makeCancelJob,
  makeConfigureModule,
  makeDeprecateModule,
  makeDynamoCatalog,
  makeDynamoConfigurations,
  makeDynamoRepairs,
  makeDynamoTenantModules,
  makeLambdaMigrators,
  makeListModules,
  makeListTenantModules,
  makePlanChange,
  makePublishModule,
  makeReadJob,
  makeReadJobEvents,
  makeReadRestorePoint,
  makeRegisterModule,
  makeRequestChange,
  makeRetryJob,
  makeSettleJob,
  makeShowModule,
  makeShowTenantModule,
  makeTenantCatalog,
  makeVerifyModule,
  makeWithdrawModule,
} from '../../contexts/module-registry/index.ts';
import { makeDynamoIdempotency } from '../../contexts/shared/adapters/dynamo-idempotency.ts';
import { catalogRoutes } from '../api/routes/catalog-routes.ts';
import { jobRoutes } from '../api/routes/job-routes.ts';
import { moduleChangeRoutes } from '../api/routes/module-change-routes.ts';
import { tenantModuleRoutes } from '../api/routes/tenant-module-routes.ts';
import { verifyRoutes } from '../api/routes/verify-routes.ts';
import type { HttpApi } from '../http/http-handler.ts';
import { resolveTenant } from '../http/tenant.ts';
import { onSecretLeft, openConfigurationSecrets } from './configuration-secrets.ts';
import { openDenials } from './denials.ts';
import { entitlementUseOfRepaired } from './entitlement-use.ts';
import { openJobMetrics } from './job-metrics.ts';
import { jobWrites } from './job-writes.ts';
import { openTenantFinder } from './open-tenants.ts';
import { openQuotas } from './quotas.ts';
import { archiveSettings, clock, leaseSettings, newId, openExecutions, openJobs, openTable, settings } from './registry.ts';
import { openRequestLimit } from './request-limit.ts';
import { onStartFailed } from './start-failed.ts';
import { openSubscriptions } from './subscriptions.ts';

export const composeRegistryApi = (): HttpApi => {
  const { LEASE_SECONDS, ATTEMPTS_MAX, MODULE_ARCHIVE_DAYS, PURGE_GRACE_HOURS } = settings({ ...leaseSettings, ...archiveSettings });
  const table = openTable();
  const findTenant = openTenantFinder(table);
  const catalog = makeDynamoCatalog(table, newId);
  const jobs = openJobs(table);
  const tenantModules = makeDynamoTenantModules(table);
  const executions = openExecutions();
  const idempotency = makeDynamoIdempotency(table);
  const subscriptions = openSubscriptions(table);
  const configurations = makeDynamoConfigurations(table, newId);
  const common = {
    ...{ jobs, catalog, tenantModules, executions, idempotency, subscriptions, clock, newId, onStartFailed },
    ...{ configurations, secrets: openConfigurationSecrets(table), onSecretLeft },
    migrators: makeLambdaMigrators(new LambdaClient({}), newId),
    quotas: openQuotas(table),
    leaseSeconds: LEASE_SECONDS,
    attemptsMax: ATTEMPTS_MAX,
    archiveDays: MODULE_ARCHIVE_DAYS,
    purgeGraceHours: PURGE_GRACE_HOURS,
    onJobEnded: openJobMetrics(),
    alongside: jobWrites,
  };
  const routes = [
    ...catalogRoutes({
      listModules: makeListModules(catalog),
      showModule: makeShowModule(catalog),
      registerModule: makeRegisterModule(common),
      publishModule: makePublishModule(common),
      deprecateModule: makeDeprecateModule(common),
      withdrawModule: makeWithdrawModule(common),
      tenantCatalog: makeTenantCatalog(common),
      clock,
    }),
    ...tenantModuleRoutes({
      listTenantModules: makeListTenantModules(tenantModules),
      showTenantModule: makeShowTenantModule(common),
      configureModule: makeConfigureModule(common),
      configurationHistory: configurations.history,
    }),
    ...moduleChangeRoutes({
      requestChange: makeRequestChange(common),
      planChange: makePlanChange(common),
      namedTenant: (caller, named) => resolveTenant(findTenant, caller, named),
    }),
    ...verifyRoutes({
      verifyModule: makeVerifyModule({
        ...common,
        verifier: common.migrators,
        repairs: makeDynamoRepairs(table, newId),
        alongsideRepair: entitlementUseOfRepaired,
      }),
    }),
    ...jobRoutes({
      listJobs: jobs.ofTenant,
      readJob: makeReadJob(jobs),
      readJobEvents: makeReadJobEvents(jobs),
      readRestorePoint: makeReadRestorePoint(jobs),
      retryJob: makeRetryJob(common),
      cancelJob: makeCancelJob(common),
      settleJob: makeSettleJob(common),
    }),
  ];
  return { routes, findTenant, limitRequests: openRequestLimit(table), recordDenial: openDenials(table) };
};
