import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Client } from 'pg';
import { makeDataApiClient } from '../../../contexts/shared/adapters/data-api.ts';
import type { ProvisioningPorts } from '../../../contexts/tenancy/application/provisioning.ts';
import { makeDataApiAdministration, makeSecretsManagerSecrets } from '../../../contexts/tenancy/index.ts';
import type { Faults, ServiceRequest } from '../../../local/gateway.ts';
import { removePostgres, startPostgres } from '../../../local/postgres.ts';
import { makeRdsData } from '../../../local/rds-data.ts';
import { openSecretStore } from '../../../local/secret-store.ts';
import { makeSecretsManager } from '../../../local/secrets-manager.ts';
import { startLocal } from '../local/target.ts';

export const clusterArn = 'arn:aws:rds:us-east-1:000000000000:cluster:registry';
const login = { username: 'registry_admin', password: randomBytes(12).toString('base64url') };

/** A cluster whose administrator is no superuser, behind the embedded Data API and Secrets Manager. */
export interface ClusterStand {
  readonly ports: ProvisioningPorts;
  readonly faults: Faults;
  /** Makes a request again, as it was made. */
  readonly repeat: (request: ServiceRequest) => Promise<unknown>;
  /** With the secret's own role and password, as anyone with a PostgreSQL client would. */
  readonly connect: (secretArn: string, database: string) => Promise<Client>;
  readonly rows: (sql: string, parameters?: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly close: () => Promise<void>;
}

export const startClusterStand = async (): Promise<ClusterStand> => {
  const folder = mkdtempSync(join(tmpdir(), 'cluster-'));
  chmodSync(folder, 0o711);
  const server = await startPostgres({ dataFolder: join(folder, 'postgres'), log: () => {} });
  const open = async (connectionString: string): Promise<Client> => {
    const client = new Client({ connectionString });
    await client.connect();
    return client;
  };
  const superuser = await open(server.superuserUrl);
  await superuser.query(`CREATE ROLE ${login.username} LOGIN CREATEDB CREATEROLE NOSUPERUSER PASSWORD '${login.password}'`);
  for (const database of ['postgres', 'template1']) {
    await superuser.query(`ALTER DATABASE ${database} OWNER TO ${login.username}`);
    await superuser.query(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
  }
  const clusters = new Map([[clusterArn, { host: server.host, port: server.port }]]);
  const services = ({ clock }: Parameters<Parameters<typeof startLocal>[0]>[0]) => {
    const store = openSecretStore({ file: join(folder, 'secrets.json'), clock });
    return { rdsData: makeRdsData({ clusters, secrets: store, clock }), secrets: makeSecretsManager({ store, clock }) };
  };
  const started: ReturnType<typeof services>[] = [];
  const local = await startLocal((parts) => {
    const made = services(parts);
    started.push(made);
    return [made.rdsData, made.secrets];
  });
  const secrets = new SecretsManagerClient(local.client('secretsmanager'));
  const { ARN: adminSecretArn = '' } = await secrets.send(
    new CreateSecretCommand({ Name: 'administrator', SecretString: JSON.stringify(login) }),
  );
  return {
    ports: {
      administration: makeDataApiAdministration({ client: makeDataApiClient(local.client('rds-data')), clusterArn, adminSecretArn }),
      secrets: makeSecretsManagerSecrets(secrets, 'module-registry'),
      newPassword: () => randomBytes(24).toString('base64url'),
      newSalt: () => randomBytes(16),
    },
    faults: local.faults,
    repeat: local.gateway.call,
    connect: async (secretArn, database) => {
      const { SecretString = '{}' } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
      const { username, password } = JSON.parse(SecretString) as { readonly username: string; readonly password: string };
      return open(`postgres://${username}:${encodeURIComponent(password)}@${server.host}:${server.port}/${database}`);
    },
    rows: async (sql, parameters = []) => (await superuser.query<Record<string, unknown>>(sql, [...parameters])).rows,
    close: async () => {
      await superuser.end();
      await local.gateway.close();
      for (const { rdsData } of started) await rdsData.close();
      await server.stop();
      removePostgres(join(folder, 'postgres'));
      rmSync(folder, { recursive: true });
    },
  };
};
