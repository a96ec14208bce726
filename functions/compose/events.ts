import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import {
  makeDynamoCatalog,
  makeDynamoOutbox,
  makeDynamoTenantModules,
  makeEventBridgeBus,
  makeLambdaMigrators,
  makePublishEvents,
  makePublishStrays,
  makePurgeArchivesDue,
  makeReconcileExecution,
  makeRequestChange,
  makeSweep,
} from '../../contexts/module-registry/index.ts';
import { shards } from '../../contexts/shared/adapters/audit-item.ts';
import { makeDynamoIdempotency } from '../../contexts/shared/adapters/dynamo-idempotency.ts';
import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { makeDynamoTenants, makePurgeDue } from '../../contexts/tenancy/index.ts';
import { onSecretLeft, openConfigurationSecrets } from './configuration-secrets.ts';
import { openJobMetrics } from './job-metrics.ts';
import { jobWrites } from './job-writes.ts';
import { openQuotas } from './quotas.ts';
import { archiveSettings, auditSettings, clock, leaseSettings, newId, openExecutions, openJobs, openTable, settings } from './registry.ts';
import { onStartFailed } from './start-failed.ts';
import { openSubscriptions } from './subscriptions.ts';
import { openTenantJobs } from './tenancy.ts';

const openBus = () => makeEventBridgeBus(new EventBridgeClient({}), settings({ EVENT_BUS_NAME: z.string() }).EVENT_BUS_NAME);

const openOutbox = (table: Table) => makeDynamoOutbox(table, settings(auditSettings).AUDIT_DAYS);

export const composePublisher = () => makePublishEvents({ bus: openBus(), outbox: openOutbox(openTable()) });

export const composeReconciler = () => {
  const { LEASE_SECONDS, ATTEMPTS_MAX, MODULE_ARCHIVE_DAYS, PURGE_GRACE_HOURS } = settings({ ...leaseSettings, ...archiveSettings });
  const table = openTable();
  const tenants = makeDynamoTenants(table, newId);
  const idempotency = makeDynamoIdempotency(table);
  const life = { tenants, jobs: openTenantJobs(table, onStartFailed), idempotency, clock };
  const ports = {
    jobs: openJobs(table),
    secrets: openConfigurationSecrets(table),
    onSecretLeft,
    tenantModules: makeDynamoTenantModules(table),
    executions: openExecutions(),
    clock,
    leaseSeconds: LEASE_SECONDS,
    archiveDays: MODULE_ARCHIVE_DAYS,
    shards,
    onStartFailed,
    onJobEnded: openJobMetrics(),
    alongside: jobWrites,
  };
  const requestChange = makeRequestChange({
    ...ports,
    ...{ newId, idempotency, catalog: makeDynamoCatalog(table, newId), subscriptions: openSubscriptions(table) },
    migrators: makeLambdaMigrators(new LambdaClient({}), newId),
    quotas: openQuotas(table),
    attemptsMax: ATTEMPTS_MAX,
    purgeGraceHours: PURGE_GRACE_HOURS,
  });
  return {
    sweep: makeSweep(ports),
    purgeTenantsDue: makePurgeDue(life),
    purgeArchivesDue: makePurgeArchivesDue({ tenantModules: ports.tenantModules, requestChange, clock }),
    reconcileExecution: makeReconcileExecution(ports),
    publishStrays: makePublishStrays({ bus: openBus(), outbox: openOutbox(table), clock, shards }),
  };
};
