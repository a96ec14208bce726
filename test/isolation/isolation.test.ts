import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

let it: TestCloud;
let acmeId = '';
let globexId = '';

beforeAll(async () => {
  it = await startTestCloud(['contexts']);
  acmeId = (await it.tenant('acme', [])).id;
  globexId = (await it.tenant('globex', [])).id;
});

afterAll(async () => {
  await it?.stop();
});

/** The SQLSTATE with which PostgreSQL refuses `work`, or `allowed`. */
const refusedWith = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'allowed';
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  }
};

const credentialsOf = async (SecretId: string) => {
  const client = new SecretsManagerClient({
    region: it.cloud.region,
    endpoint: `${it.cloud.gateway}/secretsmanager`,
    credentials: it.cloud.administrator,
  });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
  return { client, ...(JSON.parse(SecretString ?? '{}') as { readonly username: string; readonly password: string }) };
};

const ofSql =
  (sql: string) =>
  (client: Client): Promise<unknown> =>
    client.query(sql);

describe('a tenant’s credentials, refused by PostgreSQL', () => {
  test.each([
    ['owner', 'tenant_globex'],
    ['owner', 'landlord'],
    ['owner', 'postgres'],
    ['owner', 'template1'],
    ['app', 'tenant_globex'],
    ['app', 'landlord'],
  ] as const)('its %s role may not connect to %s', async (role, database) => {
    expect(await refusedWith(() => it.databases.as('acme', role, ofSql('SELECT 1'), database))).toBe('42501');
  });

  test.each([
    ['becomes another tenant’s owner', 'owner', 'SET ROLE tenant_globex_owner'],
    ['becomes the administrator', 'owner', 'SET ROLE registry_admin'],
    ['writes to the platform’s tables', 'owner', `INSERT INTO platform.sessions VALUES ('1', 's', '{}', now())`],
    ['makes a table in the schema public', 'owner', 'CREATE TABLE public.mine (id int)'],
    ['makes a table in the schema platform', 'owner', 'CREATE TABLE platform.mine (id int)'],
    ['makes a role', 'owner', 'CREATE ROLE mine'],
    ['makes a database', 'owner', 'CREATE DATABASE mine'],
    ['reads a file of the server', 'owner', `SELECT pg_read_file('/etc/passwd')`],
    ['defines anything with the app role', 'app', 'CREATE SCHEMA mine'],
    ['moves the fence with the app role', 'app', `UPDATE platform.fence SET token = 1`],
  ] as const)('nobody %s', async (_, role, sql) => {
    expect(await refusedWith(() => it.databases.as('acme', role, ofSql(sql)))).toBe('42501');
  });

  test('the health check’s role may connect to the landlord database, and do nothing there or anywhere else', async () => {
    const { client, username, password } = await credentialsOf('module-registry/health');
    client.destroy();
    const as = (database: string) => async (sql: string) => {
      const url = new URL(it.cloud.postgres);
      Object.assign(url, { username, password: encodeURIComponent(password), pathname: `/${database}` });
      const connection = new Client({ connectionString: url.href });
      await connection.connect();
      try {
        await connection.query(sql);
      } finally {
        await connection.end();
      }
    };
    const attempts = [
      await refusedWith(() => as('landlord')('SELECT 1')),
      await refusedWith(() => as('landlord')('SELECT * FROM digital_card.digital_card_global_config')),
      await refusedWith(() => as('landlord')('CREATE TEMPORARY TABLE mine (id int)')),
      await refusedWith(() => as('tenant_acme')('SELECT 1')),
      await refusedWith(() => as('postgres')('SELECT 1')),
    ];
    expect(attempts).toEqual(['allowed', '42501', '42501', '42501', '42501']);
  });

  test('the administrator is not a superuser', async () => {
    const client = new Client({ connectionString: it.cloud.postgres });
    await client.connect();
    const { rows } = await client.query<{ rolsuper: boolean }>('SELECT rolsuper FROM pg_roles WHERE rolname = current_user');
    await client.end();
    expect(rows).toEqual([{ rolsuper: false }]);
  });
});

describe('a session of the tenant role, refused by its policy', () => {
  const endpoint = (service: string): string => `${it.cloud.gateway}/${service}`;
  const client = () => ({ region: it.cloud.region, maxAttempts: 1 });

  /** As the functions do: the role, tagged with a tenant; the administrator stands in for a function that may assume it. */
  const assume = async (tags: readonly { Key: string; Value: string }[]) => {
    const sts = new STSClient({ ...client(), endpoint: endpoint('sts'), credentials: it.cloud.administrator });
    const answer = await sts.send(
      new AssumeRoleCommand({ RoleArn: it.cloud.roleArn('TenantMigratorRole'), RoleSessionName: 'test', Tags: [...tags] }),
    );
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  };
  const secretId = (tenant: string, role: string): string => `module-registry/tenant/${tenant}/${role}`;
  const administrator = () =>
    new SecretsManagerClient({ ...client(), endpoint: endpoint('secretsmanager'), credentials: it.cloud.administrator });
  const arnOf = async (tenant: string, role: string): Promise<string> =>
    (await administrator().send(new GetSecretValueCommand({ SecretId: secretId(tenant, role) }))).ARN ?? '';

  test('nobody but the functions named for it may assume the role', async () => {
    await expect(assume([{ Key: 'tenant', Value: acmeId }])).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) });
  });

  test('tagged with globex it reads neither acme’s secret nor acme’s database', async () => {
    // given
    const credentials = it.cloud.sessionOf('TenantMigratorRole', { tenant: globexId });
    const secrets = new SecretsManagerClient({ ...client(), endpoint: endpoint('secretsmanager'), credentials });
    const data = new RDSDataClient({ ...client(), endpoint: endpoint('rds-data'), credentials });
    const secretArn = await arnOf(acmeId, 'owner');
    // when
    const read = secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
    const run = data.send(
      new ExecuteStatementCommand({ resourceArn: it.cloud.clusterArn, secretArn, database: 'tenant_acme', sql: 'SELECT 1' }),
    );
    // then
    await expect(read).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) });
    await expect(run).rejects.toThrow(/not authorized/i);
  });

  test('tagged with globex and with globex’s secret it still cannot name acme’s database', async () => {
    // given
    const data = new RDSDataClient({
      ...client(),
      endpoint: endpoint('rds-data'),
      credentials: it.cloud.sessionOf('TenantMigratorRole', { tenant: globexId }),
    });
    const secretArn = await arnOf(globexId, 'owner');
    const asked = (database: string) =>
      data.send(new ExecuteStatementCommand({ resourceArn: it.cloud.clusterArn, secretArn, database, sql: 'SELECT 1' }));
    // then
    await expect(asked('tenant_acme')).rejects.toThrow(/42501/);
    await expect(asked('tenant_globex')).resolves.toBeDefined();
  });
});
