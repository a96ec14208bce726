import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiClient, followJob, makeApiClient } from '../support/api-client.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

let it: TestCloud;
let acme: { readonly id: string; readonly admin: ApiClient };

beforeAll(async () => {
  it = await startTestCloud(['contexts', 'test/support/contexts']);
  for (const module of ['digital_card', 'broken_hook', 'broken_rollback', 'example']) await it.publish(module);
  acme = await it.tenant('acme', ['digital_card', 'broken_hook', 'broken_rollback', 'example']);
});

afterAll(async () => {
  await it?.stop();
});

const jobIds = async (slug: string): Promise<readonly string[]> =>
  ((await it.platformAdmin.get(`/tenants/${slug}/jobs?limit=100`)).body['items'] as readonly { id: string }[]).map(({ id }) => id);

describe('a tenant admin installs digital_card', () => {
  test('a card is refused with 404 before it is installed, and made after it', async () => {
    // given
    const { admin } = await it.tenant('cards');
    const before = await admin.post('/tenants/cards/cards', { holder: { name: 'Ada Lovelace' } });
    // when
    const { body } = await admin.post('/tenants/cards/modules', { module: 'digital_card' });
    const job = await followJob(admin, String(body['jobId']));
    const created = await admin.post('/tenants/cards/cards', { holder: { name: 'Ada Lovelace' } });
    // then
    expect([before.status, String(before.body['type'])]).toEqual([404, expect.stringContaining('module-not-installed')]);
    expect(job.state).toBe('Active');
    expect(job.modules[0]?.progress).toEqual({ applied: 3, total: 3 });
    expect(created.status).toBe(201);
  });

  test('200 identical requests at once make one job, and each names it', async () => {
    // given
    const { admin } = await it.tenant('crowd');
    const before = await jobIds('crowd');
    // when
    const answers = await Promise.all(Array.from({ length: 200 }, () => admin.post('/tenants/crowd/modules', { module: 'digital_card' })));
    await followJob(admin, String(answers[0]?.body['jobId']));
    // then
    const jobs = (await jobIds('crowd')).filter((id) => !before.includes(id));
    expect(jobs).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body['jobId']))).toEqual(new Set(jobs));
    expect(answers.filter(({ status }) => status !== 202 && status !== 409)).toEqual([]);
  });

  test('the same Idempotency-Key is answered the same, and with another body refused', async () => {
    // given
    const { admin } = await it.tenant('keys');
    const headers = { 'idempotency-key': 'one' };
    const first = await admin.post('/tenants/keys/modules', { module: 'digital_card' }, headers);
    await followJob(admin, String(first.body['jobId']));
    // when
    const again = await admin.post('/tenants/keys/modules', { module: 'digital_card' }, headers);
    const other = await admin.post('/tenants/keys/modules', { module: 'digital_card', version: '1.0.0' }, headers);
    // then
    expect([again.status, again.body['jobId']]).toEqual([202, first.body['jobId']]);
    expect([other.status, String(other.body['type'])]).toEqual([422, expect.stringContaining('idempotency-key-reused')]);
  });

  test('each change of state reaches the bus once it is stored, and is marked published', async () => {
    // given
    const { admin } = await it.tenant('events');
    // when
    const { body } = await admin.post('/tenants/events/modules', { module: 'digital_card' });
    await followJob(admin, String(body['jobId']));
    const events = (await admin.get(`/jobs/${String(body['jobId'])}/events`)).body['items'] as readonly {
      name: string;
      sequence: number;
    }[];
    // then
    expect(events.map(({ name }) => name)).toEqual([
      'ModuleInstallationRequested',
      'ModuleInstallationValidating',
      'ModuleInstallationStarted',
      'ModuleInstallationCompleted',
    ]);
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  });
});

describe('an install that cannot succeed', () => {
  test('leaves schema and rows as they were when its hook fails, and says why', async () => {
    // given
    const before = await it.databases.snapshot('acme');
    // when
    const { body } = await acme.admin.post('/tenants/acme/modules', { module: 'broken_hook' });
    const job = await followJob(acme.admin, String(body['jobId']));
    // then
    expect([job.state, job.reason]).toEqual(['Failed', 'step-failed']);
    expect(await it.databases.snapshot('acme')).toEqual(before);
    expect((await acme.admin.get('/tenants/acme/modules/broken_hook')).status).toBe(404);
  });

  test('asks for manual intervention when undoing it fails, and a retry works once the cause is gone', async () => {
    // given
    const before = await it.databases.snapshot('acme');
    const { body } = await acme.admin.post('/tenants/acme/modules', { module: 'broken_rollback' });
    const jobId = String(body['jobId']);
    const stuck = await followJob(acme.admin, jobId);
    const inTheWay = await acme.admin.post('/tenants/acme/modules', { module: 'broken_rollback' });
    // when
    const schemas = (await it.databases.schemas('acme')).filter((name) => name.startsWith('broken_rollback') && name !== 'broken_rollback');
    await it.databases.as('acme', 'owner', async (client) => {
      for (const schema of schemas) await client.query(`DROP SCHEMA ${client.escapeIdentifier(schema)} CASCADE`);
    });
    const retried = await it.platformAdmin.post(`/jobs/${jobId}/retry`, {});
    const job = await followJob(acme.admin, jobId);
    // then
    expect(stuck.state).toBe('ManualIntervention');
    expect([inTheWay.status, String(inTheWay.body['type'])]).toEqual([409, expect.stringContaining('needs-intervention')]);
    expect([retried.status, job.state]).toEqual([202, 'Failed']);
    expect(await it.databases.snapshot('acme')).toEqual(before);
  });

  test.each([
    ['an unknown module', 404, 'unknown-module', { module: 'nobody_knows_it' }],
    ['an unknown version', 404, 'unknown-version', { module: 'example', version: '9.9.9' }],
    ['a module it is not subscribed to', 402, 'subscription-required', { module: 'digital_card' }],
    ['a body with two wrong fields', 400, 'malformed', { module: 7, colour: 'red' }],
  ])('%s is refused with %i %s, and no job is made', async (_, status, reason, request) => {
    // given
    const slug = `refused-${reason}`;
    const { admin } = await it.tenant(slug, ['example']);
    const before = await jobIds(slug);
    // when
    const answer = await admin.post(`/tenants/${slug}/modules`, request);
    // then
    expect([answer.status, answer.body['type']]).toEqual([status, `https://module-registry.example/problems/${reason}`]);
    expect(await jobIds(slug)).toEqual(before);
    if (status === 400)
      expect((answer.body['errors'] as readonly { field: string }[]).map(({ field }) => field).sort()).toEqual(['colour', 'module']);
  });
});

describe('who may do what', () => {
  test('a stranger is refused with 401, a viewer who installs with 403, another tenant’s admin with 403', async () => {
    // given
    const globex = await it.tenant('globex');
    const viewer = makeApiClient(it.cloud.api, await it.cloud.mint({ sub: 'viewer', role: 'tenant-viewer', tenant: acme.id }));
    const request = { module: 'example' };
    // when
    const answers = await Promise.all(
      [makeApiClient(it.cloud.api), viewer, globex.admin].map((client) => client.post('/tenants/acme/modules', request)),
    );
    // then
    expect(answers.map(({ status }) => status)).toEqual([401, 403, 403]);
  });

  test('another tenant’s job is not there', async () => {
    // given
    const other = await it.tenant('curious');
    const [jobId = ''] = await jobIds('acme');
    // when
    const answer = await other.admin.get(`/jobs/${jobId}`);
    // then
    expect(answer.status).toBe(404);
  });
});
