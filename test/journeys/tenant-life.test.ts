import { setTimeout as sleep } from 'node:timers/promises';
import { GetSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type ApiClient, followJob, makeApiClient } from '../support/api-client.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

let it: TestCloud;

beforeAll(async () => {
  it = await startTestCloud(['contexts']);
  await it.publish('digital_card');
});

afterAll(async () => {
  await it?.stop();
});

/** A tenant with a card. */
const withCard = async (
  slug: string,
): Promise<{ readonly id: string; readonly admin: ApiClient; readonly cards: () => Promise<number> }> => {
  const tenant = await it.tenant(slug);
  const { body } = await tenant.admin.post(`/tenants/${slug}/modules`, { module: 'digital_card' });
  await followJob(tenant.admin, String(body['jobId']));
  await tenant.admin.post(`/tenants/${slug}/cards`, { holder: { name: 'Ada Lovelace' } });
  const cards = async (): Promise<number> =>
    ((await tenant.admin.get(`/tenants/${slug}/cards`)).body['items'] as readonly unknown[]).length;
  return { ...tenant, cards };
};

const follow = async (exchange: ReturnType<ApiClient['get']>): Promise<string> => {
  const { status, body } = await exchange;
  expect(status).toBe(202);
  return (await followJob(it.platformAdmin, String(body['jobId']))).state;
};

const problem = async (exchange: ReturnType<ApiClient['get']>): Promise<readonly [number, string | undefined]> => {
  const { status, body } = await exchange;
  return [status, String(body['type']).split('/').at(-1)];
};

const inCluster = async (slug: string): Promise<readonly string[]> => {
  const client = new Client({ connectionString: it.cloud.superuser });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname LIKE $1 || '%' UNION SELECT rolname FROM pg_roles WHERE rolname LIKE $1 || '%' ORDER BY 1`,
    [`tenant_${slug}`],
  );
  await client.end();
  return rows.map(({ name }) => name);
};

test('a suspended tenant is closed, and has lost nothing when it is resumed', async () => {
  // given
  const { admin, cards } = await withCard('sleeper');
  // when
  const suspended = await it.platformAdmin.post('/tenants/sleeper/suspend', {});
  const refused = await problem(admin.get('/tenants/sleeper/cards'));
  const again = await it.platformAdmin.post('/tenants/sleeper/suspend', {});
  const resumed = await it.platformAdmin.post('/tenants/sleeper/resume', {});
  // then
  expect([suspended.status, suspended.body['status'], resumed.body['status']]).toEqual([200, 'suspended', 'active']);
  expect(refused).toEqual([403, 'tenant-suspended']);
  expect([again.status, again.body]).toEqual([200, suspended.body]);
  expect(await cards()).toBe(1);
  expect(await problem(admin.post('/tenants/sleeper/suspend', {}))).toEqual([403, 'role-not-allowed']);
});

test('nothing is begun for a suspended tenant', async () => {
  // given
  const { admin } = await it.tenant('dormant');
  await it.platformAdmin.post('/tenants/dormant/suspend', {});
  // when
  const refused = await problem(admin.post('/tenants/dormant/modules', { module: 'digital_card' }));
  await it.platformAdmin.post('/tenants/dormant/resume', {});
  const accepted = await follow(admin.post('/tenants/dormant/modules', { module: 'digital_card' }));
  // then
  expect([refused, accepted]).toEqual([[422, 'tenant-not-active'], 'Active']);
});

test('a deprovisioned tenant is archived, and restored as it was', async () => {
  // given
  const { admin, cards } = await withCard('phoenix');
  const before = await it.databases.snapshot('phoenix');
  // when
  const archived = await follow(it.platformAdmin.call('DELETE', '/tenants/phoenix'));
  const tenant = (await it.platformAdmin.get('/tenants/phoenix')).body;
  const closed = await problem(admin.get('/tenants/phoenix/cards'));
  const again = await problem(it.platformAdmin.call('DELETE', '/tenants/phoenix'));
  const databases = await inCluster('phoenix');
  const restored = await follow(it.platformAdmin.post('/tenants/phoenix/restore', {}));
  // then
  expect([archived, tenant['status'], restored]).toEqual(['Deprovisioned', 'archived', 'Restored']);
  expect(Date.parse(String(tenant['dropAfter']))).toBeGreaterThan(it.cloud.clock.now().getTime());
  expect(databases).toEqual(['tenant_phoenix__a', 'tenant_phoenix_app', 'tenant_phoenix_owner']);
  expect([closed, again]).toEqual([
    [403, 'tenant-not-active'],
    [409, 'tenant-not-in-this-state'],
  ]);
  expect(await it.databases.snapshot('phoenix')).toEqual(before);
  expect(await cards()).toBe(1);
});

test('a purged tenant leaves no trace in the cluster, and its slug to nobody', async () => {
  // given
  const { id } = await withCard('goner');
  await follow(it.platformAdmin.call('DELETE', '/tenants/goner'));
  // when
  const unconfirmed = await it.platformAdmin.post('/tenants/goner/purge', { confirm: 'phoenix' });
  const purged = await follow(it.platformAdmin.post('/tenants/goner/purge', { confirm: 'goner' }));
  // then
  expect(unconfirmed.status).toBe(400);
  expect(purged).toBe('Purged');
  expect(await inCluster('goner')).toEqual([]);
  const secrets = new SecretsManagerClient({
    region: it.cloud.region,
    endpoint: `${it.cloud.gateway}/secretsmanager`,
    credentials: it.cloud.administrator,
  });
  await expect(secrets.send(new GetSecretValueCommand({ SecretId: `module-registry/tenant/${id}/app` }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  );
  expect((await it.platformAdmin.get('/tenants/goner')).body['status']).toBe('deprovisioned');
  expect(await problem(it.platformAdmin.post('/tenants', { slug: 'goner', name: 'Goner' }))).toEqual([409, 'tenant-exists']);
});

test('an archive whose time has come is purged by itself', async () => {
  // given
  await withCard('expired');
  await follow(it.platformAdmin.call('DELETE', '/tenants/expired'));
  // when
  it.cloud.clock.advance(31 * 86_400_000);
  // then
  const admin = makeApiClient(it.cloud.api, await it.cloud.mint({ sub: 'platform-admin', role: 'platform-admin' }));
  let status: unknown;
  for (let look = 0; look < 200 && status !== 'deprovisioned'; look += 1) {
    await sleep(50);
    status = (await admin.get('/tenants/expired')).body['status'];
  }
  expect(status).toBe('deprovisioned');
});
