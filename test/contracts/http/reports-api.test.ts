import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import {
  makeCountChanges,
  makeCountStorage,
  makeDynamoCounter,
  makeDynamoStorageCounter,
  reportPut,
} from '../../../contexts/analytics/index.ts';
import { auditEventPut } from '../../../contexts/shared/adapters/audit-item.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

let stand: ApiStand;
let acme: string;
let globex: string;
let initech: string;

beforeAll(async () => {
  stand = await startApiStand();
  acme = await stand.tenant('acme');
  globex = await stand.tenant('globex');
  initech = await stand.tenant('initech');
});
afterAll(() => stand?.close());

const get = (path: string, claims: Readonly<Record<string, string>> = platformAdmin) =>
  stand.send({ method: 'GET', path: `/api/v1${path}`, claims });
const adminOf = (tenant: string) => ({ sub: 'admin-1', role: 'tenant-admin', tenant });

const at = (second: number): string => new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();
const anEvent = (second: number, more: Partial<AuditEvent>): AuditEvent => ({
  id: ulid(Date.parse(at(second))),
  sequence: 1,
  name: 'ModuleInstallationCompleted',
  aggregate: `JOB#${ulid()}`,
  actor: 'system',
  at: at(second),
  ...more,
});

describe('The trail', () => {
  beforeAll(async () => {
    const facts = { kind: 'install', modules: { membership: { from: null, to: '1.0.0' }, finance: { from: null, to: '1.0.0' } } };
    const events = [
      anEvent(1, { tenantId: acme, jobId: ulid(), name: 'ModuleInstallationRequested', actor: 'ada', to: 'Pending', attempt: 1, facts }),
      anEvent(2, { tenantId: acme, jobId: ulid(), from: 'Installing', to: 'Active', facts, stepDurationsMs: { Installing: 12 } }),
      anEvent(3, { tenantId: globex, module: 'cards' }),
      anEvent(4, {
        name: 'ModulePublished',
        module: 'finance',
        actor: 'grace',
        from: 'draft',
        to: 'published',
        facts: { version: '1.0.0' },
      }),
    ];
    await stand.table.transact(events.map(auditEventPut));
  });
  const january = 'from=2026-01-31T00:00:00Z&to=2026-02-01T00:00:00Z';
  const namesIn = ({ body }: Awaited<ReturnType<typeof get>>): readonly string[] =>
    (body['items'] as readonly AuditEvent[]).map(({ name }) => name);

  test('of a tenant is shown to whoever may read of it, newest first, with what it was about', async () => {
    const { body } = await get(`/tenants/acme/audit?${january}`, adminOf(acme));
    expect(namesIn({ status: 200, headers: {}, body })).toEqual(['ModuleInstallationCompleted', 'ModuleInstallationRequested']);
    expect(body['items'][0]).toMatchObject({ tenantId: acme, from: 'Installing', to: 'Active', stepDurationsMs: { Installing: 12 } });
  });

  test('of another tenant is closed, and so is the platform’s, to a tenant’s own people', async () => {
    const answers = [await get('/tenants/globex/audit', adminOf(acme)), await get('/audit', adminOf(acme))];
    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
  });

  test.each([
    ['module=finance', ['ModuleInstallationCompleted', 'ModuleInstallationRequested']],
    ['module=cards', []],
    ['name=ModuleInstallationRequested', ['ModuleInstallationRequested']],
    ['actor=ada', ['ModuleInstallationRequested']],
    ['actor=ada&name=ModuleInstallationCompleted', []],
  ])('can be narrowed with %s', async (filter, names) => {
    expect(namesIn(await get(`/tenants/acme/audit?${january}&${filter}`))).toEqual(names);
  });

  test('is read page by page', async () => {
    const first = await get(`/tenants/acme/audit?${january}&limit=1`);
    const second = await get(`/tenants/acme/audit?${january}&limit=1&cursor=${first.body['cursor']}`);
    expect([namesIn(first), namesIn(second)]).toEqual([['ModuleInstallationCompleted'], ['ModuleInstallationRequested']]);
  });

  test('of the platform has what belongs to no tenant', async () => {
    expect(namesIn(await get(`/audit?${january}`))).toEqual(['ModulePublished']);
  });

  test.each([
    ['from=yesterday', 'from'],
    ['name=nonsense', 'name'],
    ['module=No', 'module'],
    ['cursor=!!', 'cursor'],
    ['from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
    ['colour=red', 'colour'],
  ])('refuses %s, naming the field', async (query, field) => {
    const { status, body } = await get(`/tenants/acme/audit?${query}`);
    expect([status, body['errors'][0]['field']]).toEqual([400, field]);
  });
});

describe('A report', () => {
  const january = { from: '2026-01-31T00:00:00Z', to: '2026-02-01T00:00:00Z', format: 'csv' };
  const ask = (body: object, claims: Readonly<Record<string, string>> = adminOf(acme), headers = {}, tenant = 'acme') =>
    stand.send({ method: 'POST', path: `/api/v1/tenants/${tenant}/audit/reports`, claims, body, headers });
  const show = (report: string, claims: Readonly<Record<string, string>> = adminOf(acme), tenant = 'acme') =>
    get(`/tenants/${tenant}/audit/reports/${report}`, claims);
  const jobOf = async (): Promise<string> => String((await ask(january)).body['jobId']);
  const written = (jobId: string, goneAt: Date) =>
    stand.table.transact([
      reportPut(jobId, { key: `reports/${acme}/${jobId}.csv`, bytes: 12, events: 2, whole: true, writtenAt: new Date(), goneAt }),
    ]);

  test('is asked for, and stands where Location says: by whom, of what, and no link before it is written', async () => {
    const { status, headers, body } = await ask(january);
    expect([status, headers['location']]).toEqual([202, `/api/v1/tenants/acme/audit/reports/${body['jobId']}`]);
    const shown = await show(body['jobId']);
    expect(shown.body).toMatchObject({
      ...{ id: body['jobId'], tenant: 'acme', format: 'csv', state: 'Pending', requestedBy: 'admin-1' },
      ...{ from: '2026-01-31T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' },
    });
    expect(shown.body['link']).toBeUndefined();
    const job = await get(`/jobs/${body['jobId']}`, adminOf(acme));
    expect(job.body).toMatchObject({ kind: 'report', modules: [], state: 'Pending' });
  });

  test('is the same while it is being written, also for a repeated key', async () => {
    const key = { 'idempotency-key': 'report-1' };
    const answers = [await ask(january), await ask(january, adminOf(acme), key), await ask(january, adminOf(acme), key)];
    expect(new Set(answers.map(({ body }) => body['jobId'])).size).toBe(1);
    const other = await ask({ ...january, format: 'json' }, adminOf(acme), key);
    expect([other.status, other.body['type']]).toEqual([422, expect.stringContaining('idempotency-key-reused')]);
  });

  test('is one for requests at once that have one key, and each is told of it', async () => {
    const own = { ...january, from: '2026-01-07T00:00:00Z' };
    const answers = await Promise.all([1, 2, 3].map(() => ask(own, adminOf(initech), { 'idempotency-key': 'at-once' }, 'initech')));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body['jobId'])).size).toBe(1);
  });

  test('is cut off now where the period has not ended', async () => {
    const { body } = await ask({ ...january, to: '2099-01-01T00:00:00Z' });
    const to = Date.parse(String((await show(body['jobId'])).body['to']));
    expect(Math.abs(Date.now() - to)).toBeLessThan(60_000);
  });

  test('has a link for fifteen minutes once it is written, and none once it is gone', async () => {
    const jobId = await jobOf();
    await written(jobId, new Date(Date.now() + 86_400_000));
    const { link, ...rest } = (await show(jobId)).body;
    const url = new URL(String(link.url));
    expect(rest).toMatchObject({ bytes: 12, events: 2, whole: true });
    expect([url.pathname.endsWith(`/reports/${acme}/${jobId}.csv`), url.searchParams.get('X-Amz-Expires')]).toEqual([true, '900']);
    expect(url.searchParams.get('response-content-disposition')).toBe('attachment; filename="acme-2026-01-31-2026-02-01.csv"');
    expect(Math.abs(Date.parse(link.expiresAt) - Date.now() - 900_000)).toBeLessThan(60_000);
    await written(jobId, new Date(Date.now() - 1));
    expect((await show(jobId)).body['link']).toBeUndefined();
  });

  test('has no link that outlives it', async () => {
    const jobId = await jobOf();
    await written(jobId, new Date(Date.now() + 60_000));
    const { link } = (await show(jobId)).body;
    expect(Number(new URL(String(link.url)).searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(60);
  });

  test('is for admins of that tenant and of the platform, not for viewers, nor for another’s', async () => {
    const jobId = await jobOf();
    const viewer = { sub: 'viewer-1', role: 'tenant-viewer', tenant: acme };
    const [asked, shown] = [
      [await ask(january, viewer), await ask(january, adminOf(globex)), await ask(january, platformAdmin)],
      [await show(jobId, viewer), await show(jobId, adminOf(globex)), await show(jobId, platformAdmin)],
    ];
    expect(asked.map(({ status }) => status)).toEqual([403, 403, 202]);
    expect(shown.map(({ status }) => status)).toEqual([403, 403, 200]);
  });

  test('of one tenant is not found under another, and neither is a job that writes none', async () => {
    const { body } = await stand.send({
      method: 'POST',
      path: '/api/v1/tenants',
      claims: platformAdmin,
      body: { slug: 'hooli', name: 'Hooli' },
    });
    const answers = [await show(await jobOf(), platformAdmin, 'globex'), await show(body['jobId'], platformAdmin, 'hooli')];
    for (const { status, body: problem } of answers)
      expect([status, problem['type']]).toEqual([404, expect.stringContaining('unknown-report')]);
  });

  test('that is running is not called off, and says why', async () => {
    const { status, body } = await stand.send({ method: 'POST', path: `/api/v1/jobs/${await jobOf()}/cancel`, claims: platformAdmin });
    expect([status, body['type'], body['detail']]).toEqual([
      409,
      expect.stringContaining('not-cancellable'),
      expect.stringContaining('only reads'),
    ]);
  });

  test.each([
    [{ ...january, to: january.from }, 'from'],
    [{ ...january, from: '2099-01-01T00:00:00Z', to: '2099-02-01T00:00:00Z' }, 'from'],
    [{ ...january, from: '2012-01-31T00:00:00Z' }, 'from'],
    [{ ...january, format: 'pdf' }, 'format'],
    [{ from: january.from, format: 'csv' }, 'to'],
    [{ ...january, colour: 'red' }, 'colour'],
  ])('is refused with %j, naming the field', async (body, field) => {
    const answer = await ask(body);
    expect([answer.status, answer.body['errors'][0]['field']]).toEqual([400, field]);
  });

  test('reaches back as far as the trail is kept, and no further: it would be silent about what is gone', async () => {
    const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
    const [kept, gone] = [await ask({ ...january, from: daysAgo(2_556) }), await ask({ ...january, from: daysAgo(2_558) })];
    expect([kept.status, gone.status, gone.body['errors'][0]['message']]).toEqual([202, 400, expect.stringContaining('2557 days')]);
  });

  test('waits its turn where five others on the tenant are being written', async () => {
    for (let day = 1; day <= 5; day += 1) await ask({ ...january, from: `2026-01-0${day}T00:00:00Z` }, adminOf(globex), {}, 'globex');
    const sixth = await ask(january, adminOf(globex), {}, 'globex');
    expect([sixth.status, sixth.body['type'], sixth.body['jobs'].length]).toEqual([409, expect.stringContaining('too-many-reports'), 5]);
  });
});

describe('What is counted', () => {
  beforeAll(async () => {
    const count = makeCountChanges({ counter: makeDynamoCounter(stand.table), clock: { now: () => new Date(at(59)) } });
    const seen = (tenantId: string, module: string, version: string, status = 'Active') => ({
      tenantId,
      module,
      now: { tenantId, module, version, status },
    });
    const end = { at: new Date(at(5)), kind: 'install', outcome: 'done' as const };
    await count({
      ends: [
        { ...end, eventId: ulid(), changes: [{ module: 'finance', from: null, to: '1.0.0' }] },
        { ...end, eventId: ulid(), outcome: 'failed', reason: 'step-failed', changes: [{ module: 'cards', from: null, to: '1.0.0' }] },
      ],
      modules: [seen(acme, 'finance', '1.0.0'), seen(globex, 'finance', '1.1.0', 'Changing'), seen(acme, 'cards', '1.0.0')],
    });
  });
  const january = 'from=2026-01-01&to=2026-01-31';

  test('says who runs what', async () => {
    const { body } = await get('/platform/fleet');
    expect(body['items']).toEqual([
      { module: 'cards', tenants: 1, versions: [{ version: '1.0.0', tenants: { Active: 1 } }] },
      {
        module: 'finance',
        tenants: 2,
        versions: [
          { version: '1.0.0', tenants: { Active: 1 } },
          { version: '1.1.0', tenants: { Changing: 1 } },
        ],
      },
    ]);
  });

  test('lists the tenants that have a module, or one version of it, or in one state', async () => {
    const paths = ['', '?version=1.0.0', '?status=Changing'].map((query) => `/platform/fleet/finance${query}`);
    const [all, old, changing] = (await Promise.all(paths.map((path) => get(path)))).map(({ body }) => body['items']);
    expect(all.length).toBe(2);
    expect(old).toEqual([{ tenantId: acme, module: 'finance', version: '1.0.0', status: 'Active' }]);
    expect(changing).toEqual([{ tenantId: globex, module: 'finance', version: '1.1.0', status: 'Changing' }]);
  });

  test('ranks modules, counts days, and tells why jobs failed', async () => {
    const [modules, days, failures] = [
      await get(`/analytics/modules?${january}`),
      await get(`/analytics/days?${january}`),
      await get(`/analytics/failures?${january}`),
    ];
    expect(modules.body['items'].map((one: Record<string, unknown>) => [one['module'], one['tenants'], one['installs']])).toEqual([
      ['finance', 2, 1],
      ['cards', 1, 0],
    ]);
    expect(days.body['items']).toEqual([{ day: '2026-01-31', counts: { done: { install: 1 }, failed: { install: 1 } } }]);
    expect(failures.body['items']).toEqual([{ flow: 'install', reason: 'step-failed', count: 1 }]);
  });

  test('says what modules store: for all tenants together, and for one', async () => {
    const count = makeCountStorage(makeDynamoStorageCounter(stand.table));
    const measured = (tenantId: string, byModule: Record<string, number>) => ({
      tenantId,
      now: { tenantId, measuredAt: new Date(at(1)), byModule },
    });
    await count([measured(acme, { cards: 10, finance: 30 }), measured(globex, { cards: 40, finance: 0 })]);
    const [all, own, none] = [
      await get('/analytics/storage'),
      await get('/tenants/globex/storage', adminOf(globex)),
      await get('/tenants/initech/storage'),
    ];
    expect(all.body['items']).toEqual([
      { module: 'cards', bytes: 50 },
      { module: 'finance', bytes: 30 },
    ]);
    expect([own.body, none.body]).toEqual([{ measuredAt: at(1), modules: [{ module: 'cards', bytes: 40 }] }, { modules: [] }]);
  });

  test('pages through the ranks', async () => {
    const first = await get(`/analytics/modules?${january}&limit=1`);
    const second = await get(`/analytics/modules?${january}&limit=1&cursor=${first.body['cursor']}`);
    const names = [first, second].map(({ body }) => body['items'].map(({ module }: Record<string, unknown>) => module));
    expect([names, second.body['cursor']]).toEqual([[['finance'], ['cards']], undefined]);
  });

  test.each([
    '/platform/fleet',
    '/platform/fleet/finance',
    '/analytics/modules',
    '/analytics/days',
    '/analytics/failures',
    '/analytics/storage',
  ])('%s is for platform admins only', async (path) => {
    expect((await get(path, adminOf(acme))).status).toBe(403);
  });

  test.each([
    ['/analytics/days?from=2026-01-01&to=2026-12-31', 'from'],
    ['/analytics/modules?from=2026-13-01', 'from'],
    ['/analytics/failures?cursor=abc', 'cursor'],
    ['/platform/fleet/finance?cursor=zz', 'cursor'],
    ['/platform/fleet/finance?status=Fine', 'status'],
  ])('%s is refused, naming the field', async (path, field) => {
    const { status, body } = await get(path);
    expect([status, body['errors'][0]['field']]).toEqual([400, field]);
  });
});
