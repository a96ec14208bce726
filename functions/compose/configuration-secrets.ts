import { Logger } from '@aws-lambda-powertools/logger';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import {
  type ConfigurationSecrets,
  makeSecretsManagerConfiguration,
  makeSecretsManagerReader,
  type OnSecretLeft,
} from '../../contexts/module-registry/index.ts';
import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { makeTenantClients } from '../../contexts/shared/adapters/tenant-credentials.ts';
import { Defect } from '../../contexts/shared/domain/errors.ts';
import { newId, settings } from './registry.ts';

/** Write-only values of tenants' modules; each tenant's with a session that reaches no other's. */
export const openConfigurationSecrets = (table: Table): ConfigurationSecrets => {
  const { CONFIGURATION_ROLE_ARN: roleArn, SECRET_PREFIX: prefix } = settings({
    CONFIGURATION_ROLE_ARN: z.string(),
    SECRET_PREFIX: z.string(),
  });
  return makeSecretsManagerConfiguration({ clientOf: clientsOf(roleArn), table, prefix, newId });
};

/** Those of one module, for its own API to read; a module that declares no write-only field has no role for it. */
export const openModuleSecrets = (): Pick<ConfigurationSecrets, 'read'> => {
  const { MODULE_SECRETS_ROLE_ARN: roleArn, SECRET_PREFIX: prefix = '' } = settings({
    MODULE_SECRETS_ROLE_ARN: z.string().optional(),
    SECRET_PREFIX: z.string().optional(),
  });
  if (roleArn !== undefined) return makeSecretsManagerReader({ clientOf: clientsOf(roleArn), prefix });
  return { read: ({ module }) => Promise.reject(new Defect(`${module} declares no write-only field in its manifest, and reads one`)) };
};

const clientsOf = (roleArn: string) => {
  const { requestHandler } = new SecretsManagerClient({}).config;
  return makeTenantClients({ sts: new STSClient({}), roleArn }, (credentials) => new SecretsManagerClient({ requestHandler, credentials }));
};

/** The same for the purge of a tenant, whose function may delete whatever is a tenant's. */
export const openSecretsToPurge = (table: Table, client: SecretsManagerClient, prefix: string): Pick<ConfigurationSecrets, 'removeAll'> =>
  makeSecretsManagerConfiguration({ clientOf: () => client, table, prefix, newId });

/** Values that nobody points to and that are still there: worth a line, no more. */
export const onSecretLeft: OnSecretLeft = (tenantId, error) => {
  const facts = error instanceof Error ? { name: error.name, message: error.message } : {};
  new Logger().warn('write-only values are still there; the purge of the module or the tenant removes them', { tenantId, ...facts });
};
