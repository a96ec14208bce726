import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { makeCountChanges, makeCountStorage, makeDynamoCounter, makeDynamoStorageCounter } from '../../../contexts/analytics/index.ts';
import { auditEventPut } from '../../../contexts/shared/adapters/audit-item.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

let stand: ApiStand;
let acme: string;
let globex: string;

beforeAll(async () => {
  stand = await startApiStand();
  acme = await stand.tenant('acme');
  globex = await stand.tenant('globex');
  await stand.tenant('initech');
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

  test('of a period is a report, as a document', async () => {
    const { status, body } = await get(`/tenants/acme/audit/report?${january}`, adminOf(acme));
    expect([status, body['tenant'], body['whole'], body['byActor']]).toEqual([200, 'acme', true, { ada: 1, system: 1 }]);
    expect(body['events'].map(({ name, modules }: AuditEvent & { readonly modules: unknown }) => [name, modules])).toEqual([
      ['ModuleInstallationRequested', ['finance', 'membership']],
      ['ModuleInstallationCompleted', ['finance', 'membership']],
    ]);
  });

  test('of a period is a report, as a table to keep', async () => {
    const { status, headers, body } = await get(`/tenants/acme/audit/report.csv?${january}`, adminOf(acme));
    expect([status, headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(headers['content-disposition']).toBe('attachment; filename="acme-2026-01-31-2026-02-01.csv"');
    expect(
      String(body['text'])
        .split('\r\n')
        .map((line) => line.split(',')[1]),
    ).toEqual(['name', 'ModuleInstallationRequested', 'ModuleInstallationCompleted', undefined]);
  });

  test('is reported to admins, not to viewers, and not without a period', async () => {
    const viewer = { sub: 'viewer-1', role: 'tenant-viewer', tenant: acme };
    const answers = [
      await get(`/tenants/acme/audit/report?${january}`, viewer),
      await get(`/tenants/globex/audit/report?${january}`, adminOf(acme)),
      await get('/tenants/acme/audit/report', adminOf(acme)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 400]);
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
