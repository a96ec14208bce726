import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDynamoTenants } from '../../../contexts/tenancy/index.ts';
import { newId } from '../../../functions/compose/registry.ts';
import { type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

let stand: ApiStand;
let acme: string;
beforeAll(async () => {
  stand = await startApiStand();
  acme = await stand.tenant('acme');
});
afterAll(() => stand?.close());

const get = (path: string, claims: Readonly<Record<string, unknown>> = platformAdmin) =>
  stand.send({ method: 'GET', path: `/api/v1${path}`, claims });

describe('A tenant’s quota over HTTP', () => {
  test('is what its plan allows, with what it uses', async () => {
    const answer = await get('/tenants/acme/quota', { sub: 'ada', role: 'tenant-viewer', tenant: acme });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        plan: 'standard',
        modules: { used: 0, limit: 20 },
        concurrentJobs: { used: 0, limit: 4 },
        storageBytes: { used: 0, limit: 20_000_000_000 },
        requestsPerMinute: { limit: 6_000 },
      },
    });
  });

  test('counts what jobs are about to install, and shows when storage was measured', async () => {
    const measuredAt = new Date('2026-01-01T00:00:00.000Z');
    await makeDynamoTenants(stand.table, newId).measured(acme, { bytes: 8_000_000, measuredAt });
    const locked = { type: 'TenantModule', tenantId: acme, configuration: {} };
    const item = (module: string, more: object) => ({
      Put: { Item: { pk: `TENANT#${acme}`, sk: `MODULE#${module}`, ...locked, module, ...more } },
    });
    await stand.table.transact([
      item('cards', { status: 'Active', version: '1.0.0' }),
      item('lists', { status: 'Changing', jobId: 'J1' }),
      item('notes', { status: 'Changing', jobId: 'J1' }),
      item('gone', { status: 'Archived' }),
      item('older', { status: 'Archived' }),
    ]);
    expect((await get('/tenants/acme/quota')).body).toMatchObject({
      modules: { used: 3 },
      concurrentJobs: { used: 1 },
      storageBytes: { used: 8_000_000, measuredAt: measuredAt.toISOString() },
    });
  });

  test('follows from a plan that there is', async () => {
    const body = { slug: 'initech', name: 'Initech', plan: 'gold' };
    const answer = await stand.send({ method: 'POST', path: '/api/v1/tenants', claims: platformAdmin, body });
    expect([answer.status, answer.body['errors']]).toEqual([400, [expect.objectContaining({ field: 'plan' })]]);
    await stand.send({ method: 'POST', path: '/api/v1/tenants', claims: platformAdmin, body: { ...body, plan: 'free' } });
    expect((await get('/tenants/initech/quota')).body).toMatchObject({ plan: 'free', modules: { limit: 3 } });
  });

  test('is another once it is on another plan, which the platform says and the trail keeps', async () => {
    await stand.tenant('pied');
    const put = (plan: string, claims: Readonly<Record<string, unknown>> = platformAdmin) =>
      stand.send({ method: 'PUT', path: '/api/v1/tenants/pied/plan', claims, body: { plan } });
    expect((await put('free', { sub: 'ada', role: 'tenant-admin', tenant: (await get('/tenants/pied')).body['id'] })).status).toBe(403);
    expect((await put('gold')).status).toBe(400);
    for (const plan of ['enterprise', 'free', 'free']) expect(await put(plan)).toMatchObject({ status: 200, body: { plan } });
    expect((await get('/tenants/pied/quota')).body).toMatchObject({ plan: 'free', modules: { limit: 3 } });
  });

  test('of requests is that of the tenant’s users: when it is used up they are answered 429', async () => {
    const id = await stand.tenant('hooli');
    const user = { sub: 'ada', role: 'tenant-admin', tenant: id };
    const emptied = { tokens: 0, at: new Date(Date.now() + 3_600_000).toISOString() };
    await stand.table.transact([{ Put: { Item: { pk: `REQUESTS#${id}`, sk: 'BUCKET', ...emptied } } }]);
    expect(await get('/tenants/hooli/quota', user)).toMatchObject({ status: 429, headers: { 'retry-after': '1' }, body: { status: 429 } });
    expect((await get('/tenants/hooli', user)).status).toBe(429);
    expect((await get('/tenants/hooli/quota')).status).toBe(200);
  });
});
