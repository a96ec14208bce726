import type { RDSDataClient, RDSDataClientConfig } from '@aws-sdk/client-rds-data';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { Defect } from '../domain/errors.ts';
import { makeDataApiClient } from './data-api.ts';

export interface TenantClientsOptions {
  readonly sts: STSClient;
  /** Its policy lets a session read the secrets of the tenant that the session is tagged with, and no other's. */
  readonly roleArn: string;
  /** Clients kept; the one used longest ago goes first. */
  readonly clientsMax?: number;
}

export interface TenantSessionOptions extends TenantClientsOptions {
  readonly config?: RDSDataClientConfig;
}

/** A Data API client whose credentials reach one tenant's secrets only. */
export const makeTenantSession = ({ config = {}, ...options }: TenantSessionOptions): ((tenantId: string) => RDSDataClient) => {
  const first = makeDataApiClient(config);
  // One connection pool for all of them, so that letting one go costs nothing.
  const { requestHandler } = first.config;
  return makeTenantClients(options, (credentials) => makeDataApiClient({ ...config, requestHandler, credentials }));
};

/** Of one tenant; the SDK asks for them on first use and again five minutes before the session ends. */
export type TenantCredentials = ReturnType<typeof assume>;

/**
 * Clients whose credentials reach one tenant only: an assumed role with the session tag `tenant={id}`. The id comes from the
 * verified token or the stored job, never from a body.
 */
export const makeTenantClients = <Client>(
  { sts, roleArn, clientsMax = 200 }: TenantClientsOptions,
  make: (credentials: TenantCredentials) => Client,
): ((tenantId: string) => Client) => {
  const clients = new Map<string, Client>();
  return (tenantId) => {
    const client = clients.get(tenantId) ?? make(assume(sts, roleArn, tenantId));
    clients.delete(tenantId);
    clients.set(tenantId, client);
    const oldest = clients.keys().next().value;
    if (clients.size > clientsMax && oldest !== undefined) clients.delete(oldest);
    return client;
  };
};

const assume = (sts: STSClient, roleArn: string, tenantId: string) => async () => {
  const { Credentials: credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: `tenant-${tenantId}`,
      DurationSeconds: 3_600,
      Tags: [{ Key: 'tenant', Value: tenantId }],
    }),
  );
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration,
  } = credentials ?? {};
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined)
    throw new Defect('STS answered an assumed role without its credentials', { roleArn });
  return { accessKeyId, secretAccessKey, sessionToken, ...(expiration === undefined ? {} : { expiration }) };
};
