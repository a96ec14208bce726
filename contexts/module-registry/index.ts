export { makeDataApiFences } from './adapters/data-api-fences.ts';
export { makeDynamoCatalog } from './adapters/dynamo-catalog.ts';
export { makeDynamoConfigurations } from './adapters/dynamo-configurations.ts';
export { makeDynamoJobStore } from './adapters/dynamo-job-store.ts';
export { makeDynamoOutbox } from './adapters/dynamo-outbox.ts';
export { makeDynamoRepairs } from './adapters/dynamo-repairs.ts';
export { makeDynamoTenantModules, makeDynamoWorkFacts } from './adapters/dynamo-tenant-modules.ts';
export { makeEventBridgeBus } from './adapters/event-bridge-bus.ts';
export { makeLambdaMigrators } from './adapters/lambda-migrators.ts';
export { makeLandlordAdministration } from './adapters/landlord-administration.ts';
export { makeSecretsManagerConfiguration, makeSecretsManagerReader } from './adapters/secrets-manager-configuration.ts';
export { makeStepFunctionsExecutions } from './adapters/step-functions-executions.ts';
export { makeRegisterModule } from './application/catalog.ts';
export type { Change } from './application/change-facts.ts';
export type * from './application/configuration-ports.ts';
export { makeConfigureModule } from './application/configure-module.ts';
export { makeCancelJob, makeRetryJob, makeSettleJob } from './application/decide-job.ts';
export { makeModuleSteps } from './application/module-steps.ts';
export { makePlanChange, type PlanPreview } from './application/plan-change.ts';
export type * from './application/ports.ts';
export { makePublishEvents, makePublishStrays } from './application/publish-events.ts';
export { makePurgeArchivesDue } from './application/purge-archives.ts';
export type { JobRestorePoint } from './application/queries.ts';
export {
  makeListModules,
  makeListTenantModules,
  makeReadJob,
  makeReadJobEvents,
  makeReadRestorePoint,
  makeRequireModule,
  makeShowModule,
} from './application/queries.ts';
export { makeReadSecret } from './application/read-secret.ts';
export { makeReconcileExecution, makeSweep } from './application/reconcile.ts';
export { makeReportSteps } from './application/report-steps.ts';
export { makeRequestChange } from './application/request-change.ts';
export { makeReadConfiguration, makeShowTenantModule, type ShownTenantModule } from './application/show-tenant-module.ts';
export { startOrLeave } from './application/start-job.ts';
export { makeTenantCatalog, type Prospect, type TenantOffer } from './application/tenant-catalog.ts';
export { makeTenantSteps, type TenantWork } from './application/tenant-steps.ts';
export { makeVerifyModule, type Verification, type VerifyModulePorts } from './application/verify-module.ts';
export { makeDeprecateModule, makePublishModule, makeWithdrawModule } from './application/version-life.ts';
export * from './domain/job.ts';
export { type CatalogModule, type ModuleVersion, refusalToInstall, warningOf } from './domain/module-version.ts';
export type { TenantModule } from './domain/tenant-module.ts';
