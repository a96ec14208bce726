import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListSecretsCommand, type SecretListEntry, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { makeTenantClients } from '../../contexts/shared/adapters/tenant-credentials.ts';
import { openSecretStore } from '../../local/secret-store.ts';
import { makeSecretsManager } from '../../local/secrets-manager.ts';
import { makeSts } from '../../local/sts.ts';
import { allow, type LocalTarget, policy, startLocal } from '../contracts/local/target.ts';

/** The embedded Secrets Manager and STS, with the role that the template makes for modules' configuration. */
export interface SecretsStand {
  readonly local: LocalTarget;
  /** With a session of the role that is tagged with the tenant. */
  readonly clientOf: () => (tenantId: string) => SecretsManagerClient;
  readonly secretsOf: (tenantId: string) => Promise<readonly SecretListEntry[]>;
  /** Where the product's own clients find it. */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

export const configurationRoleArn = 'arn:aws:iam::000000000000:role/configuration';

/** A session of it reaches what is named after the tenant that it is tagged with. */
const role = {
  arn: configurationRoleArn,
  trust: { Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: ['sts:AssumeRole', 'sts:TagSession'] }] },
  policies: [
    policy(
      allow(
        ['CreateSecret', 'TagResource', 'GetSecretValue', 'DeleteSecret'].map((action) => `secretsmanager:${action}`),
        `arn:aws:secretsmanager:us-east-1:000000000000:secret:module-registry/tenant/\${aws:PrincipalTag/tenant}/config/*`,
      ),
    ),
  ],
} as const;

export const startSecretsStand = async (): Promise<SecretsStand> => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-stand-'));
  const local = await startLocal(({ clock, sessions }) => {
    const store = openSecretStore({ file: join(folder, 'secrets.json'), clock });
    return [makeSecretsManager({ store, clock }), makeSts({ roles: [role], sessions })];
  });
  const administrator = new SecretsManagerClient({ ...local.client('secretsmanager'), maxAttempts: 1 });
  return {
    local,
    clientOf: () =>
      makeTenantClients(
        { sts: new STSClient(local.client('sts')), roleArn: configurationRoleArn },
        (credentials) => new SecretsManagerClient({ ...local.client('secretsmanager'), maxAttempts: 1, credentials }),
      ),
    secretsOf: async (tenantId) => {
      const Filters = [{ Key: 'name' as const, Values: [`module-registry/tenant/${tenantId}/`] }];
      return (await administrator.send(new ListSecretsCommand({ Filters }))).SecretList ?? [];
    },
    environment: () => {
      const { accessKeyId, secretAccessKey, sessionToken } = local.sessions.issueAdministrator();
      return {
        AWS_ENDPOINT_URL_SECRETS_MANAGER: `${local.gateway.url}/secretsmanager`,
        AWS_ENDPOINT_URL_STS: `${local.gateway.url}/sts`,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken,
      };
    },
    close: async () => {
      await local.gateway.close();
      rmSync(folder, { recursive: true });
    },
  };
};
