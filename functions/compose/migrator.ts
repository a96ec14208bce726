import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
// not through the registry's front door: the bundle would hold all of it
import { makeDynamoConfigured } from '../../contexts/module-registry/adapters/dynamo-configured.ts';
import { makeDataApiClient, makeDataApiDatabase } from '../../contexts/shared/adapters/data-api.ts';
import { makeEventBridgeTeller } from '../../contexts/shared/adapters/event-bridge-teller.ts';
import { makeLandlordModuleSchema } from '../../contexts/shared/adapters/landlord-module-schema.ts';
import { makeTenantClients, makeTenantSession } from '../../contexts/shared/adapters/tenant-credentials.ts';
import { makeTenantModuleSchema } from '../../contexts/shared/adapters/tenant-module-schema.ts';
import type { MigratorDeclaration } from '../../contexts/shared/application/migration.ts';
import { logged } from '../../contexts/shared/application/migrator-log.ts';
import { type MigratorPorts, runMigrator, type TenantRequest } from '../../contexts/shared/application/migrator-runner.ts';
import { tenantDatabaseName } from '../../contexts/shared/domain/names.ts';

const Environment = z.object({
  CLUSTER_ARN: z.string(),
  TENANT_MIGRATOR_ROLE_ARN: z.string(),
  LANDLORD_SECRET_ARN: z.string(),
  EVENT_BUS_NAME: z.string(),
  TABLE_NAME: z.string(),
  SLICE_BUDGET_MS: z.coerce.number().int().min(0).max(60_000),
});

/** The composition root of a module's migrator; of the registry its bundle holds no more than how a tenant's configuration is read. */
export const composeMigrator = (declaration: MigratorDeclaration, environment: NodeJS.ProcessEnv) => {
  const settings = Environment.parse(environment);
  const session = { sts: new STSClient({}), roleArn: settings.TENANT_MIGRATOR_ROLE_ARN };
  const tenantClient = makeTenantSession(session);
  const { requestHandler } = new DynamoDBClient({}).config;
  const tableClient = makeTenantClients(session, (credentials) =>
    DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler, credentials })),
  );
  const landlordClient = makeDataApiClient();
  const ports: MigratorPorts = {
    clock: { now: () => new Date() },
    sleep: (ms) => sleep(ms),
    tell: makeEventBridgeTeller(new EventBridgeClient({}), settings.EVENT_BUS_NAME),
    sliceBudgetMs: settings.SLICE_BUDGET_MS,
    configured: makeDynamoConfigured(tableClient, settings.TABLE_NAME),
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
