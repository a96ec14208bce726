import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { followJob, makeApiClient } from '../support/api-client.ts';
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

const tenants = ['killed-at-0', 'killed-at-50', 'killed-at-150', 'killed-at-400'] as const;

test.each(tenants)('an install %s ms after its request ends by itself after the restart, whole or without a trace', async (slug) => {
  if (!cloud) throw new Error('the cloud did not start');
  // given
  const before = makeApiClient(cloud.facts.api, cloud.facts.tokens.platformAdmin);
  const provisioning = await before.post('/tenants', { slug, name: slug });
  await followJob(before, String(provisioning.body['jobId']));
  await before.call('PUT', `/tenants/${slug}/subscriptions/digital_card`, { body: {} });
  const { body } = await before.post(`/tenants/${slug}/modules`, { module: 'digital_card' });
  // when
  await sleep(Number(slug.split('-').at(-1)));
  await cloud.kill();
  cloud = await startProcess(state.localDir);
  // then
  const { api, tokens, postgres } = cloud.facts;
  const job = await followJob(makeApiClient(api, tokens.platformAdmin), String(body['jobId']), { timeoutMs: 110_000 });
  const schemas = await schemasOf(postgres, `tenant_${slug.replaceAll('-', '_')}`);
  expect(['Active', 'Failed']).toContain(job.state);
  expect(schemas).toEqual(job.state === 'Active' ? ['digital_card', 'platform'] : ['platform']);
});
