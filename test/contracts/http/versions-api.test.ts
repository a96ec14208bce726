import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ManifestInput } from '../../../contexts/shared/domain/manifest.ts';
import { type Answered, type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

let stand: ApiStand;
let viewer: Readonly<Record<string, unknown>>;

const tomorrow = (): string => new Date(Date.now() + 86_400_000).toISOString();

const manifest = (name: string, ...versions: readonly string[]): ManifestInput => ({
  name,
  title: name,
  description: `The module ${name}.`,
  subscriptionRequired: false,
  serves: '>=1.0.0 <2',
  versions: versions.map((version) => ({ version, migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['things'] } })),
});

const send = (method: string, path: string, claims: Readonly<Record<string, unknown>>, body?: unknown): Promise<Answered> =>
  stand.send({ method, path: `/api/v1${path}`, claims, ...(body === undefined ? {} : { body }) });
const change = (module: string, what: string, body: unknown): Promise<Answered> =>
  send('POST', `/platform/modules/${module}/${what}`, platformAdmin, body);
const versionsOf = async (module: string): Promise<readonly unknown[]> =>
  (await send('GET', `/modules/${module}`, viewer)).body['versions'];
const reasonOf = ({ status, body }: Answered): string => `${status} ${String(body['type']).split('/').at(-1)}`;

/** Deployed with both versions published. */
const aModule = async (name: string): Promise<string> => {
  await stand.deploy(manifest(name, '1.0.0', '1.1.0', '1.2.0'));
  for (const version of ['1.0.0', '1.1.0']) await change(name, 'publish', { version });
  return name;
};

beforeAll(async () => {
  stand = await startApiStand();
  viewer = { sub: 'vera', role: 'tenant-viewer', tenant: await stand.tenant('acme') };
});
afterAll(() => stand.close());

describe('A published version', () => {
  test('is shown to tenants as installable, without a warning', async () => {
    const [newest] = await versionsOf(await aModule('plain'));

    expect(newest).toMatchObject({ version: '1.1.0', status: 'published', installable: true });
    expect(newest).not.toHaveProperty('warning');
  });

  test('that is deprecated is installed until its sunset, and is no longer what an install without a version takes', async () => {
    const module = await aModule('ageing');
    const sunsetAt = tomorrow();

    const answer = await change(module, 'deprecate', { version: '1.1.0', sunsetAt });

    expect(answer.body).toMatchObject({ version: '1.1.0', status: 'deprecated', sunsetAt, installable: true });
    expect(answer.body['warning']).toContain(`ageing 1.1.0 is deprecated and will not be installed anew from ${sunsetAt} on`);
    expect((await send('GET', `/modules/${module}`, viewer)).body['newestPublished']).toBe('1.0.0');
  });

  test('takes a sunset in any time zone, and answers it in UTC', async () => {
    const module = await aModule('zoned');

    const { body } = await change(module, 'deprecate', { version: '1.0.0', sunsetAt: '2999-07-01T00:00:00+02:00' });

    expect(body['sunsetAt']).toBe('2999-06-30T22:00:00.000Z');
  });

  test('that is withdrawn stays in the history, not to be installed, and can be withdrawn again', async () => {
    const module = await aModule('gone');
    const first = await change(module, 'withdraw', { version: '1.1.0' });
    const again = await change(module, 'withdraw', { version: '1.1.0' });

    expect(first.body).toMatchObject({
      status: 'withdrawn',
      installable: false,
      warning: 'gone 1.1.0 was withdrawn; choose another version',
    });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await versionsOf(module)).toMatchObject([
      { version: '1.1.0', status: 'withdrawn' },
      { version: '1.0.0', status: 'published' },
    ]);
  });
});

describe('Publishing', () => {
  const finding = { scope: 'tenant', field: 'tenant[0].up', migration: 1, rule: 'table-locked', message: 'it locks', remedy: 'do not' };

  test('is refused with file, field and remedy while the deployed migrator’s lint finds something, and done once it does not', async () => {
    await stand.deploy(manifest('sloppy', '1.0.0'));
    stand.lambda.next({ payload: { contract: 1, findings: [finding] } });

    const refused = await change('sloppy', 'publish', { version: '1.0.0' });
    const published = await change('sloppy', 'publish', { version: '1.0.0' });

    expect(reasonOf(refused)).toBe('422 unsafe-migrations');
    expect(refused.body['detail']).toBe('sloppy 1.0.0 must not be published: sloppy/migrator.ts: tenant[0].up: it locks; do not');
    expect(refused.body['findings']).toEqual([{ file: 'sloppy/migrator.ts', ...finding }]);
    expect([published.status, published.body['status']]).toEqual([200, 'published']);
    expect(stand.lambda.invocations.at(-1)).toMatch(/Migrator-sloppy:live lint 1\.0\.0$/);
  });

  test('waits for a module that the version needs to be registered', async () => {
    const [version] = manifest('needy', '1.0.0').versions;
    await stand.deploy({
      ...manifest('needy'),
      versions: version ? [{ ...version, dependencies: [{ module: 'needed', range: '^1.0' }] }] : [],
    });

    expect(reasonOf(await change('needy', 'publish', { version: '1.0.0' }))).toBe('422 missing-dependency');
    await stand.deploy(manifest('needed', '1.0.0'));
    expect((await change('needy', 'publish', { version: '1.0.0' })).status).toBe(200);
  });
});

describe('The catalog of a tenant', () => {
  const offerOf = async (module: string) =>
    (await send('GET', '/tenants/acme/catalog?limit=100', viewer)).body['items'].find(
      (item: Answered['body']) => item['module'] === module,
    );

  test('shows what an install would take, and what is missing once nothing can be installed any more', async () => {
    const module = await aModule('offered');
    const offered = await offerOf(module);
    await change(module, 'withdraw', { version: '1.1.0' });
    const older = await offerOf(module);
    await change(module, 'withdraw', { version: '1.0.0' });

    const install = { brings: [], missing: [] };
    expect(offered).toMatchObject({ status: 'Absent', subscription: 'not-required', install: { ...install, version: '1.1.0' } });
    expect(older).toMatchObject({ install: { ...install, version: '1.0.0' } });
    expect(await offerOf(module)).toBeUndefined();
  });

  test('is paged, and closed to other tenants', async () => {
    const first = await send('GET', '/tenants/acme/catalog?limit=1', viewer);
    const second = await send('GET', `/tenants/acme/catalog?limit=1&cursor=${first.body['cursor']}`, viewer);
    const stranger = { sub: 'gus', role: 'tenant-admin', tenant: await stand.tenant('globex') };

    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body['items']).not.toEqual(first.body['items']);
    expect(reasonOf(await send('GET', '/tenants/acme/catalog', stranger))).toBe('403 another-tenant');
  });
});

describe('The life of a version refuses', () => {
  test.each([
    ['a sunset that is over', 'deprecate', { version: '1.0.0', sunsetAt: '2020-01-01T00:00:00Z' }, '422 sunset-in-the-past'],
    ['no sunset', 'deprecate', { version: '1.0.0' }, '400 malformed'],
    ['a sunset that is no instant', 'deprecate', { version: '1.0.0', sunsetAt: 'next year' }, '400 malformed'],
    ['a draft', 'withdraw', { version: '1.2.0' }, '422 not-published'],
    ['an unknown version', 'withdraw', { version: '9.0.0' }, '404 unknown-version'],
  ])('%s', async (_, what, body, reason) => {
    const module = await aModule('strict');
    const before = await versionsOf(module);

    expect(reasonOf(await change(module, what, body))).toBe(reason);
    expect(await versionsOf(module)).toEqual(before);
  });

  test('to publish or deprecate what was withdrawn', async () => {
    const module = await aModule('final');
    await change(module, 'withdraw', { version: '1.0.0' });

    expect(reasonOf(await change(module, 'publish', { version: '1.0.0' }))).toBe('409 version-retired');
    expect(reasonOf(await change(module, 'deprecate', { version: '1.0.0', sunsetAt: tomorrow() }))).toBe('409 version-retired');
  });

  test('whoever is no platform admin', async () => {
    const module = await aModule('closed');
    const tenantAdmin = { ...viewer, role: 'tenant-admin' };

    for (const what of ['deprecate', 'withdraw'])
      expect(reasonOf(await send('POST', `/platform/modules/${module}/${what}`, tenantAdmin, { version: '1.0.0' }))).toBe(
        '403 role-not-allowed',
      );
  });
});
