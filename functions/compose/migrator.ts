import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { makeDataApiClient, makeDataApiDatabase } from '../../contexts/shared/adapters/data-api.ts';
import { makeLandlordModuleSchema } from '../../contexts/shared/adapters/landlord-module-schema.ts';
import { makeTenantSession } from '../../contexts/shared/adapters/tenant-credentials.ts';
import { makeTenantModuleSchema } from '../../contexts/shared/adapters/tenant-module-schema.ts';
import type { MigratorDeclaration } from '../../contexts/shared/application/migration.ts';
import { logged } from '../../contexts/shared/application/migrator-log.ts';
import { type MigratorPorts, runMigrator, type TenantRequest } from '../../contexts/shared/application/migrator-runner.ts';
import { tenantDatabaseName } from '../../contexts/shared/domain/names.ts';

const Environment = z.object({
  CLUSTER_ARN: z.string(),
  TENANT_MIGRATOR_ROLE_ARN: z.string(),
  LANDLORD_SECRET_ARN: z.string(),
  SLICE_BUDGET_MS: z.coerce.number().int().min(0).max(60_000),
});

/** The composition root of a module's migrator; its bundle holds nothing of the registry. */
export const composeMigrator = (declaration: MigratorDeclaration, environment: NodeJS.ProcessEnv) => {
  const settings = Environment.parse(environment);
  const tenantClient = makeTenantSession({ sts: new STSClient({}), roleArn: settings.TENANT_MIGRATOR_ROLE_ARN });
  const landlordClient = makeDataApiClient();
  const ports: MigratorPorts = {
    clock: { now: () => new Date() },
    sleep: (ms) => sleep(ms),
    sliceBudgetMs: settings.SLICE_BUDGET_MS,
    tenantSchema: (request) => openTenantSchema(request, tenantClient(request.target.tenantId)),
    landlordSchema: (module) =>
      makeLandlordModuleSchema({
        module,
        database: makeDataApiDatabase({
          client: landlordClient,
          resourceArn: settings.CLUSTER_ARN,
          secretArn: settings.LANDLORD_SECRET_ARN,
          database: 'landlord',
        }),
      }),
  };
  return logged(runMigrator(declaration, ports), new Logger({ serviceName: `migrator-${declaration.manifest.name}` }), () =>
    performance.now(),
  );
};

const openTenantSchema = (request: TenantRequest, client: ReturnType<typeof makeDataApiClient>) => {
  const { target, module, jobId, attempt, fence } = request;
  const { clusterArn: resourceArn, ownerSecretArn: secretArn, database } = target;
  return makeTenantModuleSchema({
    database: makeDataApiDatabase({ client, resourceArn, secretArn, database }),
    module,
    job: jobId,
    attempt,
    fence,
    appRole: `${tenantDatabaseName(target.slug)}_app`,
  });
};
