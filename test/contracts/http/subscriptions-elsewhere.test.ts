import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answered, type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';
import { ampleQuota } from '../../support/memory-subscriptions.ts';
import { type RunningSubscriptionService, startSubscriptionService } from '../../support/subscription-service.ts';

let service: RunningSubscriptionService;
let stand: ApiStand;
let acme: string;
const before = process.env['SUBSCRIPTION_URL'];

const knowing = (entitled: boolean) => ({ status: 200, body: JSON.stringify({ ...ampleQuota, modules: 7, entitled }) });
const send = (method: string, path: string, body?: unknown): Promise<Answered> =>
  stand.send({ method, path: `/api/v1${path}`, claims: platformAdmin, ...(body === undefined ? {} : { body }) });
const reasonOf = ({ status, body }: Answered): string => `${status} ${String(body['type']).split('/').at(-1)}`;
const install = (module: string): Promise<Answered> => send('POST', '/tenants/acme/modules', { module });

beforeAll(async () => {
  service = await startSubscriptionService();
  service.answer(knowing(true));
  process.env['SUBSCRIPTION_URL'] = service.url;
  stand = await startApiStand();
  for (const name of ['cards', 'lists', 'notes']) {
    await stand.deploy({
      ...{ name, title: name, description: name, subscriptionRequired: true, serves: '>=1.0.0 <2' },
      versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['things'] } }],
    });
    await send('POST', `/platform/modules/${name}/publish`, { version: '1.0.0' });
  }
  acme = await stand.tenant('acme');
});
afterAll(async () => {
  if (before === undefined) delete process.env['SUBSCRIPTION_URL'];
  else process.env['SUBSCRIPTION_URL'] = before;
  await stand?.close();
  await service?.close();
});

describe('Where a subscription service of one’s own is asked', () => {
  test('a right is neither granted nor ended here: it would count for nothing', async () => {
    for (const method of ['PUT', 'DELETE']) {
      const answer = await send(method, '/tenants/acme/subscriptions/cards', method === 'PUT' ? {} : undefined);
      expect([reasonOf(answer), answer.body['service']]).toEqual(['409 kept-elsewhere', service.url]);
    }
  });

  test('its yes lets an install begin, and its figures are the quota', async () => {
    service.answer(knowing(true));
    expect((await install('cards')).status).toBe(202);
    expect(service.asked).toContain(`/tenants/${acme}/modules/cards`);
    expect((await send('GET', '/tenants/acme/quota')).body).toMatchObject({ plan: 'standard', modules: { used: 1, limit: 7 } });
  });

  test('its no is a 402, and nothing is stored', async () => {
    service.answer(knowing(false));
    expect(reasonOf(await install('lists'))).toBe('402 subscription-required');
    expect((await send('GET', '/tenants/acme/modules')).body['items']).toHaveLength(1);
  });

  test.each([
    ['a 402 of its own', { status: 402, body: '{"entitled":false}' } as const],
    ['a 503', { status: 503, body: '' } as const],
    ['nothing that can be understood', { status: 200, body: 'no' } as const],
  ])('%s is no 402: the job is accepted and waits', async (_, manner) => {
    service.answer(manner);
    const slug = `t-${manner.status}-${manner.body.length}`;
    await stand.tenant(slug);
    const answer = await send('POST', `/tenants/${slug}/modules`, { module: 'notes' });
    expect(answer.status).toBe(202);
  });

  test('what cannot wait is a 503 that says when to come back, while it is left alone', async () => {
    service.answer({ status: 503, body: '' });
    for (let n = 0; n < 5; n += 1) await send('GET', '/tenants/acme/quota');
    const asked = service.asked.length;
    const answer = await send('GET', '/tenants/acme/quota');
    expect([reasonOf(answer), service.asked.length]).toEqual(['503 unavailable', asked]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(30);
  });
});
