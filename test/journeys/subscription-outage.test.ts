import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiClient, followJob } from '../support/api-client.ts';
import { ampleQuota } from '../support/memory-subscriptions.ts';
import { type RunningSubscriptionService, startSubscriptionService } from '../support/subscription-service.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

let service: RunningSubscriptionService;
let it: TestCloud;
let acme: { readonly id: string; readonly admin: ApiClient };

/** The service's answer to either question. */
const knowing = (yes: boolean) => ({ status: 200, body: JSON.stringify({ ...ampleQuota, modules: 7, entitled: yes }) });

beforeAll(async () => {
  service = await startSubscriptionService();
  service.answer(knowing(true));
  it = await startTestCloud(['contexts'], { SubscriptionUrl: service.url });
  for (const module of ['digital_card', 'membership']) await it.publish(module);
  acme = await it.tenant('acme', []);
});
afterAll(async () => {
  await it?.stop();
  await service?.close();
});

const jobOf = async (id: unknown) => (await acme.admin.get(`/jobs/${String(id)}`)).body;

/** The job once it has come so far, or as it is after a minute. */
const jobOnce = async (id: unknown, fits: (job: Readonly<Record<string, unknown>>) => boolean) => {
  let job = await jobOf(id);
  for (let tries = 0; tries < 600 && !fits(job); tries += 1) {
    await sleep(100);
    job = await jobOf(id);
  }
  return job;
};

describe('A subscription service of one’s own', () => {
  test('is asked for what tenants may install, and says how much', async () => {
    const { body } = await acme.admin.post('/tenants/acme/modules', { module: 'digital_card' });
    expect(await followJob(acme.admin, String(body['jobId']))).toMatchObject({ state: 'Active' });
    expect(service.asked).toContain(`/tenants/${acme.id}/modules/digital_card`);
    expect((await acme.admin.get('/tenants/acme/quota')).body).toMatchObject({ modules: { used: 1, limit: 7 } });
  });

  test('that says no is believed: 402, and there is no job', async () => {
    service.answer(knowing(false));
    const answer = await acme.admin.post('/tenants/acme/modules', { module: 'membership' });
    expect([answer.status, String(answer.body['type'])]).toEqual([402, expect.stringContaining('subscription-required')]);
    service.answer(knowing(true));
  });

  test('that is down for five minutes holds up an install, which says why and completes by itself; what is installed goes on', async () => {
    // given
    await service.goDown();
    const { status, body } = await acme.admin.post('/tenants/acme/modules', { module: 'membership' });
    // when
    const waiting = await jobOnce(body['jobId'], (job) => job['waiting'] !== undefined);
    const quota = await acme.admin.get('/tenants/acme/quota');
    const card = await acme.admin.post('/tenants/acme/cards', { holder: { name: 'Ada Lovelace' } });
    for (let minute = 0; minute < 5; minute += 1) {
      it.cloud.clock.advance(60_000);
      await sleep(300);
    }
    const stillWaiting = await jobOf(body['jobId']);
    await service.comeBack();
    for (let minute = 0; minute < 10; minute += 1) {
      it.cloud.clock.advance(60_000);
      await sleep(500);
      if ((await jobOf(body['jobId']))['state'] === 'Active') break;
    }
    const done = await jobOnce(body['jobId'], (job) => job['state'] === 'Active');
    // then
    expect([status, waiting['state'], quota.status, card.status]).toEqual([202, 'Validating', 503, 201]);
    expect(waiting['waiting']).toMatchObject({
      reason: 'subscription-unavailable',
      message: expect.stringContaining('subscription service'),
    });
    expect(stillWaiting['state']).toBe('Validating');
    expect(done['state']).toBe('Active');
  });
});
