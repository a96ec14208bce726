import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { makeDynamoCatalog, makeRegisterModule } from '../../../contexts/module-registry/index.ts';
import { makeDynamoIdempotency } from '../../../contexts/shared/adapters/dynamo-idempotency.ts';
import { makeTable, type Table } from '../../../contexts/shared/adapters/dynamo-table.ts';
import type { Route } from '../../../contexts/shared/application/route.ts';
import { Manifest, type ManifestInput } from '../../../contexts/shared/domain/manifest.ts';
import { makeDynamoTenants, tenantStatusWrite } from '../../../contexts/tenancy/index.ts';
import { composeRegistryApi } from '../../../functions/compose/api-registry.ts';
import { composeReportsApi } from '../../../functions/compose/api-reports.ts';
import { composeSubscriptionsApi } from '../../../functions/compose/api-subscriptions.ts';
import { composeTenantsApi } from '../../../functions/compose/api-tenants.ts';
import { newId } from '../../../functions/compose/registry.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import { startDynamodb } from '../../../local/dynamodb.ts';
import { ProblemSchema } from '../../../scripts/openapi-document.ts';
import { configurationRoleArn } from '../secrets-stand.ts';
import { type ApiRequest, apiEvent, lambdaContext } from './api-event.ts';
import { type LambdaEndpoint, startLambdaEndpoint } from './lambda-endpoint.ts';

const tableName = 'registry';
const arn = (resource: string): string => `arn:aws:${resource.replace(':', ':us-east-1:000000000000:')}`;

const Any = z.record(z.string(), z.any());

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of a body, it asserts
  readonly body: Record<string, any>;
}

/** The functions of the registry's API as they are composed, on a DynamoDB of their own. No workflow runs: jobs stay as they are asked for. */
export interface ApiStand {
  /** Every answer is checked against what its route declares, or the problem schema. */
  readonly send: (request: ApiRequest) => Promise<Answered>;
  readonly table: Table;
  /** Where the modules' migrators are invoked. */
  readonly lambda: LambdaEndpoint;
  /** As a deploy does. */
  readonly deploy: (manifest: ManifestInput) => Promise<void>;
  /** A tenant that is provisioned; its id. */
  readonly tenant: (slug: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export const platformAdmin = { sub: 'platform-1', role: 'platform-admin' };

export const startApiStand = async (): Promise<ApiStand> => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'api-stand-'));
  const dynamodb = await startDynamodb({ dataFolder, log: () => {} });
  setEnvironment(dynamodb.endpoint);
  const lambda = await startLambdaEndpoint();
  process.env['AWS_ENDPOINT_URL_LAMBDA'] = lambda.url;
  const client = new DynamoDBClient({});
  await createTable(client);
  const table = makeTable(DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }), tableName);
  const send = makeSend();
  const catalog = makeDynamoCatalog(table, newId);
  const register = makeRegisterModule({ catalog, idempotency: makeDynamoIdempotency(table), clock: { now: () => new Date() } });
  return {
    send,
    table,
    lambda,
    deploy: async (manifest) => {
      const migratorArn = arn(`lambda:function:Migrator-${manifest.name}:live`);
      await register({ manifest: Manifest.parse(manifest), migratorArn, actor: 'system' });
    },
    tenant: async (slug) => {
      await send({ method: 'POST', path: '/api/v1/tenants', claims: platformAdmin, body: { slug, name: slug } });
      const id = (await makeDynamoTenants(table, newId).idOf(slug)) ?? '';
      await table.transact([
        tenantStatusWrite(id, 'active', { set: { ownerSecretArn: arn('secretsmanager:o'), appSecretArn: arn('secretsmanager:a') } }),
      ]);
      return id;
    },
    close: async () => {
      client.destroy();
      await lambda.stop();
      await dynamodb.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
};

const setEnvironment = (endpoint: string): void => {
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    // nobody listens there: jobs are written and wait for the reconciler
    AWS_ENDPOINT_URL_SFN: 'http://127.0.0.1:9',
    TABLE_NAME: tableName,
    CONFIGURATION_ROLE_ARN: configurationRoleArn,
    SECRET_PREFIX: 'module-registry',
    CLUSTER_ARN: arn('rds:cluster:tenants'),
    INSTALL_MACHINE_ARN: arn('states:stateMachine:install'),
    UNINSTALL_MACHINE_ARN: arn('states:stateMachine:uninstall'),
    PROVISION_MACHINE_ARN: arn('states:stateMachine:provision'),
    DEPROVISION_MACHINE_ARN: arn('states:stateMachine:deprovision'),
    REPORT_MACHINE_ARN: arn('states:stateMachine:report'),
    REPORTS_BUCKET: 'reports',
    REPORT_DAYS: '30',
    AUDIT_DAYS: '2557',
    LEASE_SECONDS: '120',
    ATTEMPTS_MAX: '3',
    MODULE_ARCHIVE_DAYS: '30',
    PURGE_GRACE_HOURS: '24',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
};

const createTable = async (client: DynamoDBClient): Promise<void> => {
  const attributes = ['pk', 'sk', 'gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk'];
  const keys = (prefix: string) => [
    { AttributeName: `${prefix}pk`, KeyType: 'HASH' as const },
    { AttributeName: `${prefix}sk`, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys(''),
      GlobalSecondaryIndexes: ['gsi1', 'gsi2'].map((IndexName) => ({
        IndexName,
        KeySchema: keys(IndexName),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  );
};

const makeSend = (): ApiStand['send'] => {
  const apis = [composeRegistryApi(), composeTenantsApi(), composeSubscriptionsApi(), composeReportsApi()];
  const functions = apis.map((api) => ({
    routes: api.routes,
    handler: makeHttpHandler({ name: 'test', compose: () => api, observe: () => {} }),
  }));
  return async (request) => {
    const event = apiEvent(request);
    const serving = functions.flatMap(({ routes, handler }) =>
      routes.filter((route) => matches(route, event)).map((route) => ({ route, handler })),
    );
    const [first] = serving;
    if (!first) throw new Error(`no function serves ${event.requestContext.http.method} ${event.rawPath}`);
    const { statusCode: status = 0, headers = {}, body } = await first.handler(event, lambdaContext);
    const isJson = String(headers['content-type']).includes('json');
    const parsed = body === undefined ? {} : isJson ? Any.parse(JSON.parse(body)) : { text: body };
    checkAnswer(first.route, status, parsed);
    return { status, headers, body: parsed };
  };
};

const matches = ({ method, path }: Route, event: ReturnType<typeof apiEvent>): boolean =>
  method === event.requestContext.http.method && new RegExp(`^/api/v1${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(event.rawPath);

const checkAnswer = (route: Route, status: number, body: unknown): void => {
  if (status >= 400) ProblemSchema.parse(body);
  else if (route.answers[status] === undefined) throw new Error(`${route.operationId} answered ${status}, which it does not declare`);
  else route.answers[status].schema?.parse(body);
};
