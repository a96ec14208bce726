import { randomBytes, randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { Client } from 'pg';
import type { LocalClock } from './clock.ts';
import type { PolicyDocument } from './iam.ts';
import type { Postgres } from './postgres.ts';
import type { Bucket } from './s3-store.ts';
import type { SecretStore } from './secret-store.ts';
import type { Role } from './sts.ts';
import type { Resource, Template } from './template.ts';

/** What of the template has to exist in a store before anything runs: tables, secrets, the clusters' administrators. */

/** Makes the template's tables that are absent. Answers the streams' real ARNs by those of the template. */
export const makeTables = async (template: Template, client: DynamoDBClient): Promise<ReadonlyMap<string, string>> => {
  const streams = new Map<string, string>();
  for (const resource of template.ofType('AWS::DynamoDB::Table')) {
    const description = (await describe(client, resource.ref)) ?? (await createTable(client, resource));
    if (description?.LatestStreamArn) streams.set(String(resource.attribute('StreamArn')), description.LatestStreamArn);
  }
  return streams;
};

const describe = async (client: DynamoDBClient, TableName: string) => {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};

const createTable = async (client: DynamoDBClient, { ref, properties }: Resource) => {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, StreamSpecification, TimeToLiveSpecification } =
    properties as unknown as CreateTableCommandInput & {
      readonly TimeToLiveSpecification?: { readonly AttributeName: string };
    };
  await client.send(
    new CreateTableCommand({
      TableName: ref,
      KeySchema,
      AttributeDefinitions,
      BillingMode: 'PAY_PER_REQUEST',
      ...(GlobalSecondaryIndexes ? { GlobalSecondaryIndexes } : {}),
      ...(StreamSpecification ? { StreamSpecification: { StreamEnabled: true, StreamViewType: StreamSpecification.StreamViewType } } : {}),
    }),
  );
  if (TimeToLiveSpecification) {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: ref,
        TimeToLiveSpecification: { Enabled: true, AttributeName: TimeToLiveSpecification.AttributeName },
      }),
    );
  }
  return describe(client, ref);
};

interface GenerateSecretString {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
  readonly PasswordLength?: number;
}

/** Generates the template's secrets that are absent; those that are there are kept. */
export const makeSecrets = async (template: Template, store: SecretStore, clock: LocalClock): Promise<void> => {
  for (const { ref, properties } of template.ofType('AWS::SecretsManager::Secret')) {
    if (store.find(ref)) continue;
    const generate = (properties['GenerateSecretString'] ?? {}) as GenerateSecretString;
    const password = randomBytes(48)
      .toString('hex')
      .slice(0, Number(generate.PasswordLength ?? 32));
    const string = generate.GenerateStringKey
      ? JSON.stringify({ ...(JSON.parse(generate.SecretStringTemplate ?? '{}') as object), [generate.GenerateStringKey]: password })
      : password;
    const at = clock.now().toISOString();
    const name = String(properties['Name'] ?? ref.split(':secret:')[1]?.slice(0, -7));
    await store.save({
      arn: ref,
      name,
      createdAt: at,
      changedAt: at,
      tags: {},
      versions: [{ id: randomUUID(), createdAt: at, stages: ['AWSCURRENT'], string }],
    });
  }
};

interface LifecycleRule {
  readonly Status: 'Enabled' | 'Disabled';
  readonly Prefix?: string;
  readonly ExpirationInDays?: number | string;
}

/** The template's buckets, each with when its objects are gone. Parts of objects that were never completed stay: they are few here. */
export const readBuckets = (template: Template): readonly Bucket[] =>
  template.ofType('AWS::S3::Bucket').map(({ ref, properties }) => {
    const { Rules = [] } = (properties['LifecycleConfiguration'] ?? {}) as { readonly Rules?: readonly LifecycleRule[] };
    const expirations = Rules.filter(({ Status, ExpirationInDays }) => Status === 'Enabled' && ExpirationInDays !== undefined);
    return {
      name: ref,
      expirations: expirations.map(({ Prefix = '', ExpirationInDays }) => ({ prefix: Prefix, days: Number(ExpirationInDays) })),
    };
  });

/** The administrator's connection string of the template's one cluster, and where its server is. */
export interface Clusters {
  readonly adminUrl: string;
  readonly byArn: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
}

/** Makes the cluster's administrator as Aurora does: may create roles and databases, is no superuser, owns what was there before. */
export const makeClusters = async (template: Template, postgres: Postgres, store: SecretStore): Promise<Clusters> => {
  const [cluster, ...more] = template.ofType('AWS::RDS::DBCluster');
  if (!cluster || more.length > 0) throw new Error('the embedded cloud runs exactly one cluster');
  const secret = template.ofType('AWS::SecretsManager::Secret').find(({ stack }) => stack === cluster.stack);
  const stored = secret && store.find(secret.ref)?.versions.at(-1)?.string;
  if (stored === undefined) throw new Error(`${cluster.key}: no secret of its stack holds the administrator's password`);
  const { username, password } = JSON.parse(stored) as { readonly username: string; readonly password: string };
  await asSuperuser(postgres, async (client) => {
    const { rows } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [username]);
    if (rows.length > 0) return;
    const role = client.escapeIdentifier(username);
    await client.query(`CREATE ROLE ${role} LOGIN CREATEDB CREATEROLE NOSUPERUSER PASSWORD ${client.escapeLiteral(password)}`);
    for (const database of ['postgres', 'template1']) await client.query(`ALTER DATABASE ${database} OWNER TO ${role}`);
  });
  const { host, port } = postgres;
  return {
    adminUrl: `postgres://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}:${port}/postgres`,
    byArn: new Map([[String(cluster.attribute('DBClusterArn')), { host, port }]]),
  };
};

const asSuperuser = async (postgres: Postgres, work: (client: Client) => Promise<void>): Promise<void> => {
  const client = new Client({ connectionString: postgres.superuserUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
};

/** Every role with its trust and all policies that the template attaches to it. */
export const readRoles = (template: Template): readonly Role[] => {
  const attached = [...template.ofType('AWS::IAM::Policy'), ...template.ofType('AWS::IAM::ManagedPolicy')];
  return template.ofType('AWS::IAM::Role').map(({ ref, attribute, properties }) => {
    const inline = ((properties['Policies'] ?? []) as readonly { readonly PolicyDocument: PolicyDocument }[]).map(
      ({ PolicyDocument }) => PolicyDocument,
    );
    const others = attached
      .filter((policy) => ((policy.properties['Roles'] ?? []) as readonly string[]).includes(ref))
      .map((policy) => policy.properties['PolicyDocument'] as PolicyDocument);
    return {
      arn: String(attribute('Arn')),
      trust: properties['AssumeRolePolicyDocument'] as PolicyDocument,
      policies: [...inline, ...others],
    };
  });
};
