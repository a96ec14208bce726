import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answered, platformAdmin } from '../../support/http/api-stand.ts';
import { acmeAdmin, acmeViewer, get, globexAdmin, post, reasonOf, stand, startFourModules } from './four-modules.ts';

beforeAll(startFourModules);
afterAll(() => stand.close());

describe('A tenant', () => {
  test('is asked for with 202, its job, and where to follow it', async () => {
    const answer = await post('/tenants', platformAdmin, { slug: 'initech', name: 'Initech' });
    const job = await get(`/jobs/${answer.body['jobId']}`, platformAdmin);
    const tenant = await get('/tenants/initech', platformAdmin);

    expect([answer.status, answer.headers['location']]).toEqual([202, `/api/v1/jobs/${answer.body['jobId']}`]);
    expect(job.body).toMatchObject({ kind: 'provision', tenant: 'initech', state: 'Pending', modules: [], requestedBy: 'platform-1' });
    expect(tenant.body).toMatchObject({ slug: 'initech', name: 'Initech', status: 'provisioning', plan: 'standard' });
  });

  test('keeps its slug for ever', async () => {
    expect(reasonOf(await post('/tenants', platformAdmin, { slug: 'acme', name: 'Other' }))).toBe('409 tenant-exists');
  });

  test('is made once for one Idempotency-Key', async () => {
    const body = { slug: 'hooli', name: 'Hooli' };
    const first = await post('/tenants', platformAdmin, body, 'make-hooli');
    const again = await post('/tenants', platformAdmin, body, 'make-hooli');
    const other = await post('/tenants', platformAdmin, { ...body, slug: 'pied' }, 'make-hooli');

    expect(again.body).toEqual(first.body);
    expect(reasonOf(other)).toBe('422 idempotency-key-reused');
  });

  test('is refused with each wrong field', async () => {
    const answer = await post('/tenants', platformAdmin, { slug: 'Acme', plan: '', colour: 'red' });

    expect(answer.body['errors'].map(({ field }: { field: string }) => field)).toEqual(['slug', 'name', 'plan', 'colour']);
  });

  test('is listed for platform admins, and read by its own', async () => {
    expect((await get('/tenants?limit=1', platformAdmin)).body['items']).toEqual([expect.objectContaining({ slug: 'acme' })]);
    expect((await get('/tenants/acme', acmeViewer)).body['slug']).toBe('acme');
    expect(reasonOf(await get('/tenants', acmeAdmin))).toBe('403 role-not-allowed');
    expect(reasonOf(await get('/tenants/globex', acmeAdmin))).toBe('403 another-tenant');
    expect(reasonOf(await get('/tenants/nobody', platformAdmin))).toBe('404 unknown-tenant');
  });
});

describe('A subscription', () => {
  const call = (method: string, module: string, claims = platformAdmin): Promise<Answered> =>
    stand.send({ method, path: `/api/v1/tenants/globex/subscriptions/${module}`, claims });

  test('is granted, shown and ended', async () => {
    const granted = await call('PUT', 'cards');
    const shown = await get('/tenants/globex/subscriptions', globexAdmin);
    const ended = await call('DELETE', 'cards');
    const after = await get('/tenants/globex/subscriptions/cards', globexAdmin);

    expect([granted.status, granted.body['status']]).toEqual([200, 'active']);
    expect(shown.body['items']).toEqual([granted.body]);
    expect(ended.status).toBe(204);
    expect(after.body).toMatchObject({ module: 'cards', status: 'ended' });
  });

  test('that never was is 404', async () => {
    expect(reasonOf(await get('/tenants/globex/subscriptions/lists', globexAdmin))).toBe('404 no-subscription');
  });

  test('is not a tenant’s to give itself', async () => {
    const answer = await stand.send({ method: 'PUT', path: '/api/v1/tenants/globex/subscriptions/lists', claims: globexAdmin });

    expect(reasonOf(answer)).toBe('403 role-not-allowed');
  });
});

describe('An install', () => {
  test('is asked for with 202, and its job shows what will be done', async () => {
    const answer = await post('/tenants/acme/modules', acmeAdmin, { module: 'cards', configuration: { theme: 'dark' } });
    const job = await get(`/jobs/${answer.body['jobId']}`, acmeViewer);
    const module = await get('/tenants/acme/modules/cards', acmeViewer);

    expect([answer.status, answer.headers['location']]).toEqual([202, `/api/v1/jobs/${answer.body['jobId']}`]);
    expect(job.body).toMatchObject({
      id: answer.body['jobId'],
      kind: 'install',
      tenant: 'acme',
      state: 'Pending',
      attempt: 1,
      modules: [{ module: 'cards', from: null, to: '1.0.0', progress: { applied: 0 } }],
      requestedBy: 'ada',
    });
    expect(module.body).toMatchObject({ status: 'Changing', jobId: answer.body['jobId'], configuration: { theme: 'dark' } });
    expect((await get(`/installation-jobs/${answer.body['jobId']}`, acmeViewer)).body).toEqual(job.body);
  });

  test('asked for again, on any of its paths, is the same job', async () => {
    const jobs = [
      await post('/tenants/acme/modules', acmeAdmin, { module: 'events' }),
      await post('/tenants/acme/modules/events', acmeAdmin, { version: '1.0.0' }),
      await post('/platform/modules/events/install', platformAdmin, { tenant: 'acme' }),
    ].map(({ status, body }) => `${status} ${body['jobId']}`);

    expect(new Set(jobs).size).toBe(1);
    expect(jobs[0]).toMatch(/^202 /);
  });

  test('of another version than the one under way names the job in the way', async () => {
    const { body } = await post('/tenants/acme/modules', acmeAdmin, { module: 'notes' });
    await post('/platform/modules/notes/publish', platformAdmin, { version: '1.1.0' });
    const other = await post('/tenants/acme/modules', acmeAdmin, { module: 'notes', version: '1.1.0' });

    expect(reasonOf(other)).toBe('409 job-in-the-way');
    expect(other.body['jobId']).toBe(body['jobId']);
  });

  test.each([
    ['without a subscription', 'globex', { module: 'notes' }, '402 subscription-required'],
    ['of an unknown module', 'acme', { module: 'nothing' }, '404 unknown-module'],
    ['of an unknown version', 'acme', { module: 'lists', version: '7.0.0' }, '404 unknown-version'],
    ['of a draft', 'acme', { module: 'lists', version: '1.1.0' }, '422 not-published'],
    ['with a configuration that does not fit', 'acme', { module: 'lists', configuration: { theme: 'pink' } }, '400 malformed'],
    ['with a field that nobody knows', 'acme', { module: 'lists', force: true }, '400 malformed'],
    ['for an unknown tenant', 'nobody', { module: 'lists' }, '404 unknown-tenant'],
  ])('%s is refused, and nothing is changed', async (_, tenant, body, reason) => {
    const trail = async () => (await get('/tenants/acme/jobs?limit=100', platformAdmin)).body['items'].length;
    const before = await trail();
    const answer = await post(`/tenants/${tenant}/modules`, platformAdmin, body);

    expect(reasonOf(answer)).toBe(reason);
    expect(await trail()).toBe(before);
  });

  test('for another tenant, or by a viewer, is forbidden', async () => {
    expect(reasonOf(await post('/tenants/acme/modules', globexAdmin, { module: 'lists' }))).toBe('403 another-tenant');
    expect(reasonOf(await post('/tenants/acme/modules', acmeViewer, { module: 'lists' }))).toBe('403 role-not-allowed');
  });

  test('for a tenant that the body names and nobody knows is refused', async () => {
    expect(reasonOf(await post('/platform/modules/lists/install', platformAdmin, { tenant: 'nobody' }))).toBe('404 unknown-tenant');
  });

  test('of a module that the tenant does not have shows in its list only once asked for', async () => {
    expect(reasonOf(await get('/tenants/globex/modules/cards', globexAdmin))).toBe('404 module-not-installed');
    expect((await get('/tenants/globex/modules', globexAdmin)).body).toEqual({ items: [] });
  });
});

describe('A job', () => {
  test('and its trail do not exist for another tenant', async () => {
    const { body } = await post('/tenants/acme/modules', acmeAdmin, { module: 'lists' });
    const paths = [`/jobs/${body['jobId']}`, `/installation-jobs/${body['jobId']}`, `/jobs/${body['jobId']}/events`];

    for (const path of paths) {
      expect((await get(path, acmeViewer)).status).toBe(200);
      expect(reasonOf(await get(path, globexAdmin))).toBe('404 unknown-job');
    }
    expect(reasonOf(await post(`/jobs/${body['jobId']}/retry`, globexAdmin))).toBe('404 unknown-job');
  });

  test('has a trail that begins with who asked for it', async () => {
    const { body } = await post('/tenants/acme/modules', acmeAdmin, { module: 'lists' });
    const trail = await get(`/jobs/${body['jobId']}/events`, acmeViewer);

    expect(trail.body['items']).toEqual([
      expect.objectContaining({ sequence: 1, name: 'ModuleInstallationRequested', to: 'Pending', actor: 'ada', module: 'lists' }),
    ]);
  });

  test('that is open cannot be retried', async () => {
    const { body } = await post('/tenants/acme/modules', acmeAdmin, { module: 'lists' });
    const answer = await post(`/jobs/${body['jobId']}/retry`, acmeAdmin);

    expect(reasonOf(answer)).toBe('409 not-retryable');
    expect(answer.body['state']).toBe('Pending');
  });

  test('is listed for its tenant, newest first, page by page', async () => {
    const all = (await get('/tenants/acme/jobs?limit=100', acmeViewer)).body['items'].map(({ id }: { id: string }) => id);
    const first = await get('/tenants/acme/jobs?limit=2', acmeViewer);
    const second = await get(`/tenants/acme/jobs?limit=2&cursor=${first.body['cursor']}`, acmeViewer);

    expect(all).toEqual([...all].sort().reverse());
    expect([...first.body['items'], ...second.body['items']].map(({ id }: { id: string }) => id)).toEqual(all.slice(0, 4));
  });

  test('with an id that is none is refused', async () => {
    expect(reasonOf(await get('/jobs/42', platformAdmin))).toBe('400 malformed');
    expect(reasonOf(await get('/jobs/01JD3M0VZ6W8QK5C9TPRF2A7XE', platformAdmin))).toBe('404 unknown-job');
  });
});
