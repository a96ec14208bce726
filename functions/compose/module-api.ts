import { STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import {
  makeDynamoCatalog,
  makeDynamoTenantModules,
  makeReadConfiguration,
  makeReadSecret,
  makeRequireModule,
} from '../../contexts/module-registry/index.ts';
import { makeDataApiDatabase } from '../../contexts/shared/adapters/data-api.ts';
import { makeTenantSession } from '../../contexts/shared/adapters/tenant-credentials.ts';
import type { ModuleApi } from '../../contexts/shared/application/route.ts';
import { makeDynamoTenants, makeReadTenant } from '../../contexts/tenancy/index.ts';
import { makeModuleRoutes } from '../api/module-routes.ts';
import type { HttpApi } from '../http/http-handler.ts';
import { openModuleSecrets } from './configuration-secrets.ts';
import { openDenials } from './denials.ts';
import { openTenantFinder } from './open-tenants.ts';
import { clock, newId, openTable, settings } from './registry.ts';
import { openRequestLimit } from './request-limit.ts';

export const composeModuleApi = (declaration: ModuleApi): HttpApi => {
  const { TENANT_APP_ROLE_ARN: roleArn } = settings({ TENANT_APP_ROLE_ARN: z.string() });
  const table = openTable();
  const clientOf = makeTenantSession({ sts: new STSClient({}), roleArn });
  const tenantModules = makeDynamoTenantModules(table);
  const routes = makeModuleRoutes(declaration, {
    requireModule: makeRequireModule(tenantModules),
    readConfiguration: makeReadConfiguration({ tenantModules, catalog: makeDynamoCatalog(table, newId) }),
    readSecret: makeReadSecret({ tenantModules, secrets: openModuleSecrets() }),
    readTenant: makeReadTenant(makeDynamoTenants(table, newId)),
    openDatabase: ({ id, clusterArn: resourceArn, appSecretArn: secretArn, database }) =>
      makeDataApiDatabase({ client: clientOf(id), resourceArn, secretArn, database }),
    clock,
    newId,
  });
  return { routes, findTenant: openTenantFinder(table), limitRequests: openRequestLimit(table), recordDenial: openDenials(table) };
};
