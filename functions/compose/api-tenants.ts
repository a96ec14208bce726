import * as z from 'zod';
import { makeDynamoIdempotency } from '../../contexts/shared/adapters/dynamo-idempotency.ts';
import {
  makeChangePlan,
  makeChangeTenant,
  makeCreateTenant,
  makeDynamoTenants,
  makeReadTenant,
  makeSuspendTenant,
} from '../../contexts/tenancy/index.ts';
import { tenantRoutes } from '../api/routes/tenant-routes.ts';
import type { HttpApi } from '../http/http-handler.ts';
import { openDenials } from './denials.ts';
import { openTenantFinder } from './open-tenants.ts';
import { clock, newId, openTable, settings } from './registry.ts';
import { openRequestLimit } from './request-limit.ts';
import { onStartFailed } from './start-failed.ts';
import { openTenantJobs } from './tenancy.ts';

export const composeTenantsApi = (): HttpApi => {
  const { CLUSTER_ARN: clusterArn } = settings({ CLUSTER_ARN: z.string() });
  const table = openTable();
  const tenants = makeDynamoTenants(table, newId);
  const life = { tenants, jobs: openTenantJobs(table, onStartFailed), idempotency: makeDynamoIdempotency(table), clock };
  const routes = tenantRoutes({
    listTenants: tenants.list,
    createTenant: makeCreateTenant({ ...life, newId, clusterArn }),
    changeTenant: makeChangeTenant(life),
    suspendTenant: makeSuspendTenant(life),
    changePlan: makeChangePlan(life),
    readTenant: makeReadTenant(tenants),
  });
  return { routes, findTenant: openTenantFinder(table), limitRequests: openRequestLimit(table), recordDenial: openDenials(table) };
};
