import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { makeDataApiDatabase } from '../../contexts/shared/adapters/data-api.ts';
import { makeTenantSession } from '../../contexts/shared/adapters/tenant-credentials.ts';
import type { Database } from '../../contexts/shared/application/database.ts';
import { makeClock } from '../../local/clock.ts';
import { type Counters, makeCounters } from '../../local/counters.ts';
import { type Credentials, type Faults, startGateway } from '../../local/gateway.ts';
import { makeRdsData } from '../../local/rds-data.ts';
import { openSecretStore } from '../../local/secret-store.ts';
import { makeSecretsManager } from '../../local/secrets-manager.ts';
import { makeSessions } from '../../local/sessions.ts';
import { makeSts } from '../../local/sts.ts';
import type { Login, TenantFixture } from './tenant-fixture.ts';

export const clusterArn = 'arn:aws:rds:us-east-1:000000000000:cluster:registry';
const account = 'arn:aws:iam::000000000000:role';
const migratorRoleArn = `${account}/TenantMigrator`;
const functionRoleArn = `${account}/Migrator`;

/** The embedded Data API, STS and Secrets Manager over a fixture's server, with the policies that the template gives a migrator. */
export interface DataApiStand {
  readonly url: string;
  readonly counters: Counters;
  readonly faults: Faults;
  /** What a migrator's function runs with: its environment, the endpoints and its role's credentials. */
  readonly environment: (more?: Readonly<Record<string, string>>) => NodeJS.ProcessEnv;
  /** Stores a login as a secret; one of a tenant carries the tenant's tag. Answers its ARN. */
  readonly secret: (name: string, login: Login, tenantId?: string) => Promise<string>;
  /** As the tenant's assumed role. */
  readonly database: (tenantId: string, secretArn: string, database: string) => Database;
  readonly close: () => Promise<void>;
}

export const startDataApiStand = async (fixture: TenantFixture): Promise<DataApiStand> => {
  const clock = makeClock();
  const sessions = makeSessions(clock);
  const counters = makeCounters();
  const faults: Faults = {};
  const store = openSecretStore({ file: join(fixture.root, 'secrets.json'), clock });
  const rdsData = makeRdsData({
    clusters: new Map([[clusterArn, { host: fixture.server.host, port: fixture.server.port }]]),
    secrets: store,
    clock,
  });
  const gateway = await startGateway({
    services: [rdsData, makeSecretsManager({ store, clock }), makeSts({ roles: [migratorRole], sessions })],
    sessions,
    counters,
    faults,
  });
  const administrator = sessions.issueAdministrator();
  const ofFunction = sessions.issue({ principal: 'Migrator', roleArn: functionRoleArn, policies: [functionPolicy] });
  const client = (service: string, credentials: Credentials) => ({
    region: 'us-east-1',
    endpoint: `${gateway.url}/${service}`,
    credentials,
  });
  const secrets = new SecretsManagerClient(client('secretsmanager', administrator));
  const sts = new STSClient(client('sts', ofFunction));
  const tenantClient = makeTenantSession({
    sts,
    roleArn: migratorRoleArn,
    config: { region: 'us-east-1', endpoint: `${gateway.url}/rds-data` },
  });
  return {
    url: gateway.url,
    counters,
    faults,
    environment: (more = {}) => ({ ...environmentOf(gateway.url, ofFunction), ...more }),
    secret: async (name, { user: username, password }, tenantId) => {
      const Tags = tenantId === undefined ? [] : [{ Key: 'tenant', Value: tenantId }];
      const SecretString = JSON.stringify({ username, password });
      const { ARN } = await secrets.send(new CreateSecretCommand({ Name: `module-registry/${name}`, SecretString, Tags }));
      return ARN ?? '';
    },
    database: (tenantId, secretArn, database) =>
      makeDataApiDatabase({ client: tenantClient(tenantId), resourceArn: clusterArn, secretArn, database }),
    close: async () => {
      await gateway.close();
      await rdsData.close();
    },
  };
};

const environmentOf = (url: string, credentials: Credentials): NodeJS.ProcessEnv => ({
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL_RDS_DATA: `${url}/rds-data`,
  AWS_ENDPOINT_URL_STS: `${url}/sts`,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_SESSION_TOKEN: credentials.sessionToken,
  CLUSTER_ARN: clusterArn,
  TENANT_MIGRATOR_ROLE_ARN: migratorRoleArn,
  POWERTOOLS_LOG_LEVEL: 'SILENT',
});

const dataApi = { Effect: 'Allow', Action: 'rds-data:*', Resource: clusterArn } as const;
const secretArns = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:module-registry';

const functionPolicy = {
  Statement: [
    dataApi,
    { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: `${secretArns}/landlord/*` },
    { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: migratorRoleArn },
  ],
} as const;

const migratorRole = {
  arn: migratorRoleArn,
  trust: {
    Statement: [{ Effect: 'Allow', Principal: { AWS: functionRoleArn }, Action: ['sts:AssumeRole', 'sts:TagSession'] }],
  },
  policies: [
    {
      Statement: [
        dataApi,
        {
          Effect: 'Allow',
          Action: 'secretsmanager:GetSecretValue',
          Resource: `${secretArns}/tenant/\${aws:PrincipalTag/tenant}/owner-*`,
        },
      ],
    },
  ],
} as const;
