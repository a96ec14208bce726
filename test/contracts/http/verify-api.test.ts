import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ManifestInput } from '../../../contexts/shared/domain/manifest.ts';
import { type Answered, type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

let stand: ApiStand;
let tenant: string;

const manifest = (name: string): ManifestInput => ({
  name,
  title: name,
  description: `The module ${name}.`,
  subscriptionRequired: false,
  serves: '>=1.0.0 <2',
  versions: ['1.0.0', '1.1.0'].map((version) => ({
    version,
    migrations: { landlord: 0, tenant: 1 },
    tables: { landlord: [], tenant: ['things'] },
  })),
});

type Headers = Readonly<Record<string, string>>;
const send = (
  method: string,
  path: string,
  body?: unknown,
  headers: Headers = {},
  claims: Readonly<Record<string, unknown>> = platformAdmin,
) => stand.send({ method, path: `/api/v1${path}`, claims, headers, ...(body === undefined ? {} : { body }) });
const verify = (module: string, body: unknown = {}, headers: Headers = {}) =>
  send('POST', `/tenants/acme/modules/${module}/verify`, body, headers);
const reasonOf = ({ status, body }: Answered): string => `${status} ${String(body['type']).split('/').at(-1)}`;

const answers = {
  fits: { contract: 1, ok: true, exists: true, highestFence: 0, problems: [], fingerprint: 'f'.repeat(64), rowCounts: { things: 3 } },
  differs: {
    contract: 1,
    ok: false,
    exists: true,
    highestFence: 0,
    problems: ['table things is not declared'],
    fingerprint: 'e'.repeat(64),
    rowCounts: { things: 3 },
  },
  absent: {
    contract: 1,
    ok: false,
    exists: false,
    highestFence: 0,
    problems: ['table things is missing'],
    fingerprint: '0'.repeat(64),
    rowCounts: {},
  },
};
/** What the module's migrator answers next, in order. */
const willSay = (...said: readonly (keyof typeof answers)[]): void => {
  for (const one of said) stand.lambda.next({ payload: answers[one] });
};

/** Deployed with both versions published, and not installed. */
const aModule = async (name: string): Promise<string> => {
  await stand.deploy(manifest(name));
  for (const version of ['1.0.0', '1.1.0']) await send('POST', `/platform/modules/${name}/publish`, { version });
  return name;
};
const shown = async (module: string) => send('GET', `/tenants/acme/modules/${module}`);
const eventsOf = async (module: string) => {
  const { body } = await send('GET', `/tenants/acme/audit?module=${module}`);
  return body['items'].filter(({ name }: Answered['body']) => name === 'ModuleRepaired');
};

beforeAll(async () => {
  stand = await startApiStand();
  tenant = await stand.tenant('acme');
});
afterAll(() => stand.close());

describe('Verifying over HTTP', () => {
  test('says what stands beside what is recorded, and changes nothing', async () => {
    const module = await aModule('plain');
    willSay('differs', 'fits');

    const { status, body } = await verify(module);

    expect([status, body]).toEqual([
      200,
      {
        ...{ module, agrees: false, stands: '1.0.0', repaired: false, problems: ['table things is not declared'] },
        ...{ fingerprint: 'e'.repeat(64), rowCounts: { things: 3 } },
      },
    ]);
    expect(stand.lambda.invocations.slice(-2).map((said) => said.split(':live ').at(-1))).toEqual(['verify 1.1.0', 'verify 1.0.0']);
    expect((await shown(module)).status).toBe(404);
  });

  test('finds nothing wrong with what is neither recorded nor there, and repairs nothing', async () => {
    const module = await aModule('nowhere');
    willSay('absent');

    expect((await verify(module, { repair: true })).body).toMatchObject({ agrees: true, stands: 'absent', repaired: false });
    expect(await eventsOf(module)).toEqual([]);
  });

  test('refuses a module that is not in the catalog, and a body that says something else', async () => {
    const module = await aModule('strict');
    const asked = stand.lambda.invocations.length;

    expect(reasonOf(await verify('nobody'))).toBe('404 unknown-module');
    expect(reasonOf(await verify(module, { repair: 'yes' }))).toBe('400 malformed');
    expect(reasonOf(await verify(module, { mend: true }))).toBe('400 malformed');
    expect(stand.lambda.invocations).toHaveLength(asked);
  });

  test.each(['tenant-admin', 'tenant-viewer'])('is closed to a %s, also of the tenant itself', async (role) => {
    const module = await aModule(`closed_to_${role.replace('-', '_')}`);
    const asked = stand.lambda.invocations.length;

    const answer = await send('POST', `/tenants/acme/modules/${module}/verify`, {}, {}, { sub: 'ada', role, tenant });

    expect(reasonOf(answer)).toBe('403 role-not-allowed');
    expect(stand.lambda.invocations).toHaveLength(asked);
  });
});

describe('Repairing over HTTP', () => {
  test('raises a revision that lies below what the database has seen, so that jobs are let in again', async () => {
    const module = await aModule('behind');
    const { body } = await send('GET', '/tenants/acme');
    stand.lambda.next({ payload: { ...answers.absent, highestFence: 4 * 500 + 1 } });

    const found = (await verify(module, { repair: true })).body;
    expect(found).toMatchObject({ agrees: false, stands: 'absent', behind: { seen: 500 }, repaired: true });
    const { status, body: accepted } = await send('POST', '/tenants/acme/modules', { module });
    const job = (await send('GET', `/jobs/${accepted['jobId']}`)).body;
    expect([status, job['state'], body['slug']]).toEqual([202, 'Pending', 'acme']);
    expect(await eventsOf(module)).toMatchObject([{ facts: { recorded: null, stands: null, revision: 501 } }]);
  });

  test('records what stands, tells of it, and does so once for a key', async () => {
    const module = await aModule('lost');
    const headers = { 'idempotency-key': 'mend-lost' };
    willSay('fits');

    const first = await verify(module, { repair: true }, headers);
    const again = await verify(module, { repair: true }, headers);

    expect(first.body).toMatchObject({ agrees: false, stands: '1.1.0', repaired: true });
    expect(again.body).toEqual(first.body);
    expect((await shown(module)).body).toMatchObject({ status: 'Active', version: '1.1.0' });
    expect(await eventsOf(module)).toMatchObject([
      { actor: platformAdmin.sub, facts: { recorded: null, stands: '1.1.0', revision: expect.any(Number) } },
    ]);
  });

  test('of a module that was recorded so can be followed by an install, which is told that it is installed already', async () => {
    const module = await aModule('found');
    willSay('fits');
    await verify(module, { repair: true });

    const { status, body } = await send('POST', '/tenants/acme/modules', { module });

    expect(reasonOf({ status, body, headers: {} })).toBe('409 already-installed');
    expect(JSON.stringify(body)).not.toMatch(/undefined/);
  });

  test('takes away what does not stand any more', async () => {
    const module = await aModule('taken');
    willSay('fits', 'absent');
    await verify(module, { repair: true });

    expect((await verify(module, { repair: true })).body).toMatchObject({ stands: 'absent', repaired: true });
    expect((await shown(module)).status).toBe(404);
    expect(await eventsOf(module)).toHaveLength(2);
  });

  test('captures the entitlement of what is found, and releases that of what is gone', async () => {
    const module = await aModule('rented');
    const use = async () => (await send('GET', `/tenants/acme/subscriptions/${module}`)).body['use'];
    await send('PUT', `/tenants/acme/subscriptions/${module}`, {});
    willSay('fits', 'absent');

    await verify(module, { repair: true });
    expect(await use()).toEqual({ status: 'captured', since: expect.any(String) });
    await verify(module, { repair: true });
    expect(await use()).toBeUndefined();
  });

  test('is refused where what stands fits no version', async () => {
    const module = await aModule('strange');
    willSay('differs', 'differs');

    expect(reasonOf(await verify(module, { repair: true }))).toBe('409 not-repairable');
    expect((await shown(module)).status).toBe(404);
  });

  test('is refused while a job has the module in its hands', async () => {
    const module = await aModule('busy');
    const { status } = await send('POST', '/tenants/acme/modules', { module });
    willSay('fits');

    expect([status, reasonOf(await verify(module, { repair: true }))]).toEqual([202, '409 job-in-the-way']);
    expect((await shown(module)).body).toMatchObject({ status: 'Changing' });
  });
});
