import { STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { makeDataApiFences, makeDynamoCatalog, makeDynamoWorkFacts, makeInstallSteps } from '../../contexts/module-registry/index.ts';
import { makeDataApiDatabase } from '../../contexts/shared/adapters/data-api.ts';
import { makeTenantSession } from '../../contexts/shared/adapters/tenant-credentials.ts';
import type { TenantTarget } from '../../contexts/shared/domain/migrator-contract.ts';
import { makeDynamoSubscriptions } from '../../contexts/subscription/index.ts';
import { openJobMetrics } from './job-metrics.ts';
import { clock, leaseSettings, newId, openJobs, openTable, settings } from './registry.ts';

export const composeInstallSteps = () => {
  const { TENANT_MIGRATOR_ROLE_ARN, LEASE_SECONDS } = settings({ ...leaseSettings, TENANT_MIGRATOR_ROLE_ARN: z.string() });
  const table = openTable();
  const clientOf = makeTenantSession({ sts: new STSClient({}), roleArn: TENANT_MIGRATOR_ROLE_ARN });
  const databaseOf = ({ tenantId, clusterArn, ownerSecretArn, database }: TenantTarget) =>
    makeDataApiDatabase({ client: clientOf(tenantId), resourceArn: clusterArn, secretArn: ownerSecretArn, database });
  return {
    ...makeInstallSteps({
      jobs: openJobs(table),
      catalog: makeDynamoCatalog(table, newId),
      facts: makeDynamoWorkFacts(table),
      subscriptions: makeDynamoSubscriptions(table),
      fences: makeDataApiFences(databaseOf),
      clock,
      leaseSeconds: LEASE_SECONDS,
      onJobEnded: openJobMetrics(),
    }),
  };
};
