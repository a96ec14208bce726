import { STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import {
  makeDataApiFences,
  makeDynamoCatalog,
  makeDynamoTenantModules,
  makeDynamoWorkFacts,
  makeModuleSteps,
} from '../../contexts/module-registry/index.ts';
import { makeDataApiDatabase } from '../../contexts/shared/adapters/data-api.ts';
import { makeTenantSession } from '../../contexts/shared/adapters/tenant-credentials.ts';
import type { TenantTarget } from '../../contexts/shared/domain/migrator-contract.ts';
import { makeDynamoTenants } from '../../contexts/tenancy/index.ts';
import { onSecretLeft, openConfigurationSecrets } from './configuration-secrets.ts';
import { openJobMetrics } from './job-metrics.ts';
import { jobWrites } from './job-writes.ts';
import { measuredFences } from './measured-fences.ts';
import { archiveSettings, clock, leaseSettings, newId, openJobs, openTable, settings } from './registry.ts';
import { openSubscriptions } from './subscriptions.ts';

export const composeModuleSteps = () => {
  const { TENANT_MIGRATOR_ROLE_ARN, LEASE_SECONDS, MODULE_ARCHIVE_DAYS } = settings({
    ...leaseSettings,
    ...archiveSettings,
    TENANT_MIGRATOR_ROLE_ARN: z.string(),
  });
  const table = openTable();
  const clientOf = makeTenantSession({ sts: new STSClient({}), roleArn: TENANT_MIGRATOR_ROLE_ARN });
  const databaseOf = ({ tenantId, clusterArn, ownerSecretArn, database }: TenantTarget) =>
    makeDataApiDatabase({ client: clientOf(tenantId), resourceArn: clusterArn, secretArn: ownerSecretArn, database });
  return {
    ...makeModuleSteps({
      jobs: openJobs(table),
      secrets: openConfigurationSecrets(table),
      onSecretLeft,
      catalog: makeDynamoCatalog(table, newId),
      tenantModules: makeDynamoTenantModules(table),
      facts: makeDynamoWorkFacts(table),
      subscriptions: openSubscriptions(table),
      fences: measuredFences({ fences: makeDataApiFences(databaseOf), databaseOf, tenants: makeDynamoTenants(table, newId), clock }),
      clock,
      leaseSeconds: LEASE_SECONDS,
      archiveDays: MODULE_ARCHIVE_DAYS,
      onJobEnded: openJobMetrics(),
      alongside: jobWrites,
    }),
  };
};
