import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { Defect, Unavailable } from '../../shared/domain/errors.ts';
import type { TenantSecrets } from '../application/ports.ts';

const Stored = z.object({ username: z.string(), password: z.string() });

/** Tenants' secrets, named by the tenant's id and tagged with it: the policies of the tenant roles go by both. */
export const makeSecretsManagerSecrets = (client: SecretsManagerClient, prefix: string): TenantSecrets => {
  const nameOf = (tenantId: string, role: 'owner' | 'app'): string => `${prefix}/tenant/${tenantId}/${role}`;
  const existing = async (name: string): Promise<{ readonly arn: string; readonly password: string }> => {
    const { ARN, SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name })).catch((error: unknown) => {
      throw translated(error);
    });
    return { arn: arnOf(ARN, name), password: Stored.parse(JSON.parse(SecretString ?? '{}')).password };
  };
  return {
    ensure: async (tenantId, role, wanted) => {
      const name = nameOf(tenantId, role);
      try {
        const tags = [{ Key: 'tenant', Value: tenantId }];
        const created = await client.send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(wanted), Tags: tags }));
        return { arn: arnOf(created.ARN, name), password: wanted.password };
      } catch (error) {
        if (!(error instanceof ResourceExistsException)) throw translated(error);
        return existing(name);
      }
    },
    remove: async (tenantId) => {
      for (const role of ['owner', 'app'] as const) {
        try {
          await client.send(new DeleteSecretCommand({ SecretId: nameOf(tenantId, role), ForceDeleteWithoutRecovery: true }));
        } catch (error) {
          if (!(error instanceof ResourceNotFoundException)) throw translated(error);
        }
      }
    },
  };
};

const arnOf = (arn: string | undefined, name: string): string => {
  if (arn === undefined) throw new Defect(`Secrets Manager answered ${name} without its ARN`);
  return arn;
};

/** Client faults that pass: a name is free again only some time after its secret was deleted. */
const passing = new Set(['InvalidRequestException', 'ThrottlingException', 'TooManyRequestsException']);

const translated = (cause: unknown): Defect | Unavailable => {
  const { name, $fault } = cause as { readonly name?: string; readonly $fault?: unknown };
  if ($fault === 'client' && !passing.has(String(name)))
    return new Defect(`Secrets Manager refused the call: ${name}`, { awsError: name }, { cause });
  return new Unavailable('Secrets Manager could not be used', 5, { cause });
};
