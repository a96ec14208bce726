import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { guardSubscriptions, makeGuard, makeHttpSubscriptions } from '../../../contexts/subscription/index.ts';
import { makeMemoryBreakers } from '../../support/memory-breakers.ts';
import { ampleQuota } from '../../support/memory-subscriptions.ts';
import { entitled, type Manner, type RunningSubscriptionService, startSubscriptionService } from '../../support/subscription-service.ts';

const tenant = '01JD0000000000000000000ACM';
/** Of a machine that may be busy. */
const patience = 20_000;

let service: RunningSubscriptionService;
beforeEach(async () => {
  service = await startSubscriptionService();
});
afterEach(() => service.close());

const ask = (timeoutMilliseconds = patience) => makeHttpSubscriptions({ url: `${service.url}/v1/`, timeoutMilliseconds });
const unavailable = (message: string | RegExp, retryAfterSeconds = 5) => ({
  name: 'Unavailable',
  message: typeof message === 'string' ? message : expect.stringMatching(message),
  retryAfterSeconds,
});

describe('A subscription service over HTTP', () => {
  test.each([true, false])('says clearly whether a tenant is entitled to a module: %s', async (yes) => {
    service.answer(entitled(yes));
    expect(await ask().hasSubscriptionForModule(tenant, 'digital_card')).toBe(yes);
    expect(service.asked).toEqual([`/v1/tenants/${tenant}/modules/digital_card`]);
  });

  test.each([true, false])('says of several modules which of them a tenant is entitled to: %s', async (yes) => {
    service.answer(entitled(yes));
    expect([...(await ask().subscribedAmong(tenant, ['cards', 'notes']))]).toEqual(yes ? ['cards', 'notes'] : []);
    expect(service.asked.toSorted()).toEqual(['cards', 'notes'].map((module) => `/v1/tenants/${tenant}/modules/${module}`));
  });

  test('is asked about many modules ten at a time, and no further once it does not answer', async () => {
    const many = Array.from({ length: 25 }, (_, n) => `m${n}`);
    expect([...(await ask().subscribedAmong(tenant, many))]).toEqual(many);
    service.answer('silent');
    await expect(ask(1_000).subscribedAmong(tenant, many)).rejects.toMatchObject({ name: 'Unavailable' });
    expect(service.asked).toHaveLength(25 + 10);
  });

  test('says what a tenant’s plan allows', async () => {
    service.answer({ status: 200, body: JSON.stringify({ ...ampleQuota, plan: 'enterprise' }) });
    expect(await ask().getSubscriptionQuota({ id: tenant, plan: 'free' })).toEqual(ampleQuota);
    expect(service.asked).toEqual([`/v1/tenants/${tenant}/quota`]);
  });

  test('is asked about nothing but the tenant and the module, whatever these are called', async () => {
    await ask().hasSubscriptionForModule('../platform?', 'a/b');
    expect(service.asked).toEqual(['/v1/tenants/..%2Fplatform%3F/modules/a%2Fb']);
  });

  test.each<[string, Manner]>([
    ['nothing at all', 'silent'],
    ['half of an answer', 'stuck'],
  ])('that is slow is unavailable, with %s in time', async (_, manner) => {
    service.answer(manner);
    const message = 'the subscription service did not answer in 200 ms';
    await expect(ask(200).hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject(unavailable(message));
  });

  test.each<[string, Manner]>([
    ['an empty answer', { status: 200, body: '' }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['other JSON', { status: 200, body: '{"entitled":"no"}' }],
    ['a bare false', { status: 200, body: 'false' }],
    ['far too much', { status: 200, body: `{"entitled":false,"more":"${'x'.repeat(100_000)}"}` }],
  ])('that is wrong is unavailable, with %s: nobody has said no', async (_, manner) => {
    service.answer(manner);
    await expect(ask().hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject(unavailable(/with something else/));
  });

  test('that says a plan allows less than nothing is unavailable', async () => {
    service.answer({ status: 200, body: JSON.stringify({ ...ampleQuota, modules: -1 }) });
    await expect(ask().getSubscriptionQuota({ id: tenant, plan: 'free' })).rejects.toMatchObject(unavailable(/with something else/));
  });

  test.each([201, 401, 402, 403, 404, 429, 500, 503])('that answers %i is unavailable: only a clear no is a no', async (status) => {
    service.answer({ status, body: '{"entitled":false}' });
    await expect(ask().hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject(
      unavailable(`the subscription service answered ${status}`),
    );
  });

  test('sends nobody elsewhere', async () => {
    service.answer({ status: 307, body: '', headers: { location: `${service.url}/elsewhere` } });
    await expect(ask().hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject({ name: 'Unavailable' });
    expect(service.asked).toHaveLength(1);
  });

  test.each([
    ['30', 30],
    ['0', 1],
    ['999999', 3_600],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 5],
  ])('that says when to come back, %s, is believed within bounds', async (header, seconds) => {
    service.answer({ status: 503, body: '', headers: { 'retry-after': header } });
    await expect(ask().hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject({ retryAfterSeconds: seconds });
  });

  test('is asked over a connection of its own each time', async () => {
    for (let n = 0; n < 3; n += 1) await ask().hasSubscriptionForModule(tenant, 'finance');
    expect([service.asked.length, service.connections()]).toEqual([3, 3]);
  });

  test('that hangs up, or is not there, is unavailable', async () => {
    service.answer('hangs-up');
    await expect(ask().hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject(unavailable(/cannot be reached/));
    await service.goDown();
    await expect(ask().hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject(unavailable(/cannot be reached/));
  });

  test('that went away and came back is left alone for a minute, then asked once, then by all', async () => {
    let now = 0;
    const guard = makeGuard({ breakers: makeMemoryBreakers(), clock: { now: () => new Date(now) }, service: 'subscription' });
    const guarded = guardSubscriptions(ask(), guard);
    await service.goDown();
    for (let n = 0; n < 5; n += 1)
      await expect(guarded.hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject(unavailable(/cannot be reached/));
    await service.comeBack();
    await expect(guarded.hasSubscriptionForModule(tenant, 'finance')).rejects.toMatchObject({ retryAfterSeconds: 60 });
    expect(service.asked).toEqual([]);
    now += 60_000;
    expect(await guarded.hasSubscriptionForModule(tenant, 'finance')).toBe(true);
    expect(await guarded.hasSubscriptionForModule(tenant, 'finance')).toBe(true);
  });
});
