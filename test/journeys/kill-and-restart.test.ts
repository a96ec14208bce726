import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type ApiClient, followJob, makeApiClient } from '../support/api-client.ts';
import { makeStateFolder, type RunningCloud, startProcess } from '../support/running-cloud.ts';

const state = makeStateFolder();
let cloud: RunningCloud | undefined;

beforeAll(async () => {
  cloud = await startProcess(state.localDir);
});

afterAll(async () => {
  await cloud?.stop();
  state.remove();
});

const schemasOf = async (postgres: string, database: string): Promise<readonly string[]> => {
  const url = new URL(postgres);
  url.pathname = `/${database}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')`,
  );
  await client.end();
  return rows.map(({ name }) => name).sort();
};

const restarted = async (afterMilliseconds: number): Promise<RunningCloud> => {
  if (!cloud) throw new Error('the cloud did not start');
  await sleep(afterMilliseconds);
  await cloud.kill();
  cloud = await startProcess(state.localDir);
  return cloud;
};

const platformAdmin = (): ApiClient => {
  if (!cloud) throw new Error('the cloud did not start');
  return makeApiClient(cloud.facts.api, cloud.facts.tokens.platformAdmin);
};

const provision = async (slug: string): Promise<string> =>
  String((await platformAdmin().post('/tenants', { slug, name: slug })).body['jobId']);

const endOf = async (jobId: string): Promise<string> => (await followJob(platformAdmin(), jobId, { timeoutMs: 110_000 })).state;

test.each([0, 50, 150, 400])(
  'an install that is killed %i ms after its request ends by itself after the restart, whole or without a trace',
  async (ms) => {
    // given
    const slug = `killed-at-${ms}`;
    await endOf(await provision(slug));
    await platformAdmin().call('PUT', `/tenants/${slug}/subscriptions/digital_card`, { body: {} });
    const { body } = await platformAdmin().post(`/tenants/${slug}/modules`, { module: 'digital_card' });
    // when
    const { postgres } = (await restarted(ms)).facts;
    // then
    const state = await endOf(String(body['jobId']));
    const schemas = await schemasOf(postgres, `tenant_${slug.replaceAll('-', '_')}`);
    expect(['Active', 'Failed']).toContain(state);
    expect(schemas).toEqual(state === 'Active' ? ['digital_card', 'platform'] : ['platform']);
  },
);

test('a provisioning that is killed ends by itself after the restart, and so does a deprovisioning', async () => {
  // given
  const provisioning = await provision('phoenix');
  // when
  await restarted(60);
  const provisioned = await endOf(provisioning);
  const { body } = await platformAdmin().call('DELETE', '/tenants/phoenix');
  const { postgres } = (await restarted(40)).facts;
  const deprovisioned = await endOf(String(body['jobId']));
  // then
  expect([provisioned, deprovisioned]).toEqual(['Provisioned', 'Deprovisioned']);
  expect(await schemasOf(postgres, 'tenant_phoenix__a')).toEqual(['platform']);
});
