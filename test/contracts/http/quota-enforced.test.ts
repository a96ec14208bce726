import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ManifestInput } from '../../../contexts/shared/domain/manifest.ts';
import { makeDynamoTenants } from '../../../contexts/tenancy/index.ts';
import { newId } from '../../../functions/compose/registry.ts';
import { type Answered, type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

const manifest = (name: string): ManifestInput => ({
  name,
  title: name,
  description: `The module ${name}.`,
  subscriptionRequired: name === 'lists',
  serves: '>=1.0.0 <2',
  versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['things'] } }],
});

let stand: ApiStand;
const send = (method: string, path: string, body?: unknown): Promise<Answered> =>
  stand.send({ method, path: `/api/v1${path}`, claims: platformAdmin, ...(body === undefined ? {} : { body }) });
const reasonOf = ({ status, body }: Answered): string => `${status} ${String(body['type']).split('/').at(-1)}`;

beforeAll(async () => {
  stand = await startApiStand();
  for (const module of ['cards', 'events', 'lists', 'notes', 'polls']) {
    await stand.deploy(manifest(module));
    await send('POST', `/platform/modules/${module}/publish`, { version: '1.0.0' });
  }
});
afterAll(() => stand?.close());

/** A tenant on the plan `free`, which allows three modules and one job at a time. */
const onFree = async (slug: string): Promise<string> => {
  const id = await stand.tenant(slug);
  await send('PUT', `/tenants/${slug}/plan`, { plan: 'free' });
  await send('PUT', `/tenants/${slug}/subscriptions/lists`, {});
  return id;
};
/** As if it had been installed, or a job had it in its hands. */
const has = (tenantId: string, module: string, more: object = { status: 'Active', version: '1.0.0' }): Promise<void> =>
  stand.table.transact([
    {
      Put: {
        Item: { pk: `TENANT#${tenantId}`, sk: `MODULE#${module}`, type: 'TenantModule', tenantId, module, configuration: {}, ...more },
      },
    },
  ]);
const install = (slug: string, module: string): Promise<Answered> => send('POST', `/tenants/${slug}/modules`, { module });
const useOf = async (slug: string): Promise<unknown> => (await send('GET', `/tenants/${slug}/subscriptions/lists`)).body['use'];

describe('An install', () => {
  test('reserves what it is entitled to, with the job that does it', async () => {
    await onFree('roomy');
    expect(await useOf('roomy')).toBeUndefined();
    const { status, body } = await install('roomy', 'lists');
    expect([status, await useOf('roomy')]).toEqual([202, { status: 'reserved', jobId: body['jobId'], since: expect.any(String) }]);
    expect((await send('GET', '/tenants/roomy/quota')).body).toMatchObject({ modules: { used: 1 }, concurrentJobs: { used: 1 } });
  });

  test('of one module more than the plan allows is refused, and nothing is reserved; a larger plan lets it pass', async () => {
    const id = await onFree('full');
    for (const module of ['cards', 'events', 'notes']) await has(id, module);
    const refused = await install('full', 'lists');
    expect([reasonOf(refused), refused.body['used'], refused.body['limit']]).toEqual(['422 quota-modules', 3, 3]);
    expect(await useOf('full')).toBeUndefined();
    await send('PUT', '/tenants/full/plan', { plan: 'standard' });
    expect((await install('full', 'lists')).status).toBe(202);
  });

  test('in a database that is full is refused', async () => {
    const id = await onFree('hoarder');
    await makeDynamoTenants(stand.table, newId).measured(id, { bytes: 1_000_000_000, measuredAt: new Date() });
    expect(reasonOf(await install('hoarder', 'lists'))).toBe('422 quota-storage');
  });

  test('beside as many jobs as the plan allows is refused until one has ended', async () => {
    const id = await onFree('busy');
    await install('busy', 'cards');
    expect(reasonOf(await install('busy', 'lists'))).toBe('409 quota-concurrent-jobs');
    await stand.table.transact([{ Delete: { Key: { pk: `TENANT#${id}`, sk: 'MODULE#cards' } } }]);
    expect((await install('busy', 'lists')).status).toBe(202);
  });
});

test('A tenant that has more than its plan allows since it was lowered keeps it, and may give it up', async () => {
  const id = await onFree('shrunk');
  for (const module of ['cards', 'events', 'notes', 'lists', 'polls']) await has(id, module);
  expect((await send('GET', '/tenants/shrunk/quota')).body).toMatchObject({ modules: { used: 5, limit: 3 } });
  expect((await send('DELETE', '/tenants/shrunk/modules/notes')).status).toBe(202);
});
