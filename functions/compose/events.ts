import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import {
  makeDynamoOutbox,
  makeDynamoTenantModules,
  makeEventBridgeBus,
  makePublishEvents,
  makePublishStrays,
  makeReconcileExecution,
  makeSweep,
} from '../../contexts/module-registry/index.ts';
import { shards } from '../../contexts/shared/adapters/audit-item.ts';
import { makeDynamoIdempotency } from '../../contexts/shared/adapters/dynamo-idempotency.ts';
import { makeDynamoTenants, makePurgeDue } from '../../contexts/tenancy/index.ts';
import { openJobMetrics } from './job-metrics.ts';
import { clock, leaseSettings, newId, openExecutions, openJobs, openTable, settings } from './registry.ts';
import { onStartFailed } from './start-failed.ts';
import { openTenantJobs } from './tenancy.ts';
import { tenantStatusWrites } from './tenant-status.ts';

const openBus = () => makeEventBridgeBus(new EventBridgeClient({}), settings({ EVENT_BUS_NAME: z.string() }).EVENT_BUS_NAME);

export const composePublisher = () => makePublishEvents({ bus: openBus(), outbox: makeDynamoOutbox(openTable()) });

export const composeReconciler = () => {
  const { LEASE_SECONDS } = settings(leaseSettings);
  const table = openTable();
  const tenants = makeDynamoTenants(table, newId);
  const life = { tenants, jobs: openTenantJobs(table, onStartFailed), idempotency: makeDynamoIdempotency(table), clock };
  const ports = {
    jobs: openJobs(table),
    tenantModules: makeDynamoTenantModules(table),
    executions: openExecutions(),
    clock,
    leaseSeconds: LEASE_SECONDS,
    shards,
    onStartFailed,
    onJobEnded: openJobMetrics(),
    alongside: tenantStatusWrites,
  };
  return {
    sweep: makeSweep(ports),
    purgeDue: makePurgeDue(life),
    reconcileExecution: makeReconcileExecution(ports),
    publishStrays: makePublishStrays({ bus: openBus(), outbox: makeDynamoOutbox(table), clock, shards }),
  };
};
