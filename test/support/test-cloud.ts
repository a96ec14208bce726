import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import type { Faults } from '../../local/gateway.ts';
import { type ApiClient, followJob, makeApiClient } from './api-client.ts';
import { makeStateFolder } from './running-cloud.ts';
import { makeTenantDatabases, type TenantDatabases } from './tenant-databases.ts';

/** The whole embedded cloud for one test file, on a state folder of its own, with the example and broken modules published. */
export interface TestCloud {
  readonly cloud: Cloud;
  readonly platformAdmin: ApiClient;
  readonly databases: TenantDatabases;
  /** Provisions a tenant and subscribes it; answers its id and its admin's client. */
  readonly tenant: (slug: string, subscriptions?: readonly string[]) => Promise<{ readonly id: string; readonly admin: ApiClient }>;
  /** What all functions have written, as text. */
  readonly logs: () => string;
  readonly publish: (module: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const startTestCloud = async (
  roots: readonly string[],
  parameters: Readonly<Record<string, string>> = {},
  faults: Faults = {},
): Promise<TestCloud> => {
  const state = makeStateFolder();
  const said: string[] = [];
  const cloud = await startCloud({ localDir: state.localDir, roots, parameters, faults, log: (message) => said.push(message) });
  const platformAdmin = makeApiClient(cloud.api, await cloud.mint({ sub: 'platform-admin', role: 'platform-admin' }));
  const secrets = new SecretsManagerClient({
    region: cloud.region,
    endpoint: `${cloud.gateway}/secretsmanager`,
    credentials: cloud.administrator,
  });
  const tenantId = async (slug: string): Promise<string> => String((await platformAdmin.get(`/tenants/${slug}`)).body['id']);
  return {
    cloud,
    platformAdmin,
    databases: makeTenantDatabases({ postgres: cloud.postgres, secrets, tenantId }),
    tenant: async (slug, subscriptions = ['digital_card']) => {
      const { body } = await platformAdmin.post('/tenants', { slug, name: slug });
      await followJob(platformAdmin, String(body['jobId']));
      for (const module of subscriptions) await platformAdmin.call('PUT', `/tenants/${slug}/subscriptions/${module}`, { body: {} });
      const id = await tenantId(slug);
      return { id, admin: makeApiClient(cloud.api, await cloud.mint({ sub: `${slug}-admin`, role: 'tenant-admin', tenant: id })) };
    },
    logs: () => {
      const folder = join(state.localDir, 'logs');
      return readdirSync(folder)
        .map((file) => readFileSync(join(folder, file), 'utf8'))
        .join('\n');
    },
    publish: async (module) => {
      const { status, body } = await platformAdmin.post(`/platform/modules/${module}/publish`, { version: '1.0.0' });
      if (status !== 200) throw new Error(`publishing ${module} answered ${status}: ${JSON.stringify(body)}`);
    },
    stop: async () => {
      await cloud.stop();
      state.remove();
    },
  };
};
