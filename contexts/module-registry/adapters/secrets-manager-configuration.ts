import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { isBrieflyAbsent, nameOf } from '../../shared/adapters/brief-absence.ts';
import type { Table } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import { Defect, Unavailable } from '../../shared/domain/errors.ts';
import type { ConfigurationSecrets, OfTenantModule } from '../application/configuration-ports.ts';
import type { Configuration } from '../domain/configuration.ts';

export interface SecretsManagerConfigurationOptions {
  /** Its credentials reach the secrets of this tenant and no other's. */
  readonly clientOf: (tenantId: string) => SecretsManagerClient;
  /** Remembers the refs, and never a value: they are the only list of what is kept. */
  readonly table: Table;
  readonly prefix: string;
  readonly newId: NewId;
}

const secretsMax = 1_000;
const partition = (tenantId: string): string => `SECRETS#${tenantId}`;
const keyOf = ({ tenantId, module }: OfTenantModule, ref: string) => ({ pk: partition(tenantId), sk: `${module}#${ref}` });

/**
 * One secret of Secrets Manager for each ref, tagged with the tenant: the policy of the sessions goes by its name. The ref is
 * written down before the secret is made and forgotten after it is gone, so that whatever is interrupted can be found.
 */
export const makeSecretsManagerConfiguration = (options: SecretsManagerConfigurationOptions): ConfigurationSecrets => {
  const { clientOf, table, prefix, newId } = options;
  const nameOfSecret = namesBelow(prefix);
  const remove: ConfigurationSecrets['remove'] = async (of, ref) => {
    const command = new DeleteSecretCommand({ SecretId: nameOfSecret(of, ref), ForceDeleteWithoutRecovery: true });
    try {
      await clientOf(of.tenantId).send(command);
    } catch (error) {
      if (!isMissing(error)) throw translated(error);
    }
    await table.transact([{ Delete: { Key: keyOf(of, ref) } }]);
  };
  return {
    remove,
    write: async (of, values) => {
      const ref = newId();
      await table.transact([{ Put: { Item: { ...keyOf(of, ref), type: 'ConfigurationSecret', ...of, ref } } }]);
      const Tags = [{ Key: 'tenant', Value: of.tenantId }];
      const command = new CreateSecretCommand({ Name: nameOfSecret(of, ref), SecretString: JSON.stringify(values), Tags });
      await clientOf(of.tenantId)
        .send(command)
        .catch((error: unknown) => {
          throw translated(error);
        });
      return ref;
    },
    ...makeSecretsManagerReader(options),
    refs: async ({ tenantId, module }) => (await kept(table, tenantId, module)).map(({ ref }) => ref),
    removeAll: async (tenantId, module) => {
      for (const { ref, ...of } of await kept(table, tenantId, module)) await remove(of, ref);
    },
  };
};

/** For those who may read, and neither make nor remove: a module's own API. */
export const makeSecretsManagerReader = ({
  clientOf,
  prefix,
}: Pick<SecretsManagerConfigurationOptions, 'clientOf' | 'prefix'>): Pick<ConfigurationSecrets, 'read'> => ({
  read: async (of, ref) => {
    try {
      const { SecretString = '{}' } = await clientOf(of.tenantId).send(
        new GetSecretValueCommand({ SecretId: namesBelow(prefix)(of, ref) }),
      );
      return JSON.parse(SecretString) as Configuration;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw translated(error);
    }
  },
});

const namesBelow =
  (prefix: string) =>
  ({ tenantId, module }: OfTenantModule, ref: string): string =>
    `${prefix}/tenant/${tenantId}/config/${module}/${ref}`;

const kept = async (table: Table, tenantId: string, module?: string): Promise<readonly KeptRef[]> => {
  const items = await table.queryAll(
    {
      KeyConditionExpression: `pk = :tenant${module === undefined ? '' : ' AND begins_with(sk, :module)'}`,
      ExpressionAttributeValues: { ':tenant': partition(tenantId), ...(module === undefined ? {} : { ':module': `${module}#` }) },
    },
    secretsMax,
  );
  return items.map((item) => ({ tenantId, module: String(item['module']), ref: String(item['ref']) }));
};

type KeptRef = OfTenantModule & { readonly ref: string };

/** A secret that is being deleted, which takes its time, is as good as gone. */
const isMissing = (error: unknown): boolean => missing.has(nameOf(error));
const missing = new Set(['ResourceNotFoundException', 'InvalidRequestException']);

/** The cause is left out: it may quote the request, and so the values. */
const translated = (error: unknown): Defect | Unavailable => {
  const awsError = nameOf(error);
  if (isBrieflyAbsent(error)) return new Unavailable(`Secrets Manager could not be used: ${awsError}`);
  return new Defect(`Secrets Manager refused the call: ${awsError}`, { awsError });
};
