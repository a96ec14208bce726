import { describe, expect, test } from '@jest/globals';
import { makeCancelJob, makeRetryJob, makeSettleJob } from '../../../contexts/module-registry/application/decide-job.ts';
import { makeRequestChange } from '../../../contexts/module-registry/application/request-change.ts';
import { Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { type AskedFor, aChange, beforeChange, jobId } from '../../support/module-job.ts';
import { aRegistry, error, input } from './registry-under-test.ts';

const ada = { jobId, actor: 'ada' };

/** A job of that kind that has failed, and let go of its module. */
const aFailed = async (asked: Partial<AskedFor> = {}) => {
  const it = await aRegistry(asked);
  await it.steps.refuse({ ...input, error });
  return it;
};

/** A job whose rollback has failed. */
const aStuck = async (asked: Partial<AskedFor> = {}) => {
  const it = await aRegistry(asked);
  await it.steps.validate(input);
  await it.steps.beginRollback({ ...input, error });
  await it.steps.needIntervention({ ...input, error });
  return it;
};

describe('A retry', () => {
  test('locks the module again, with the configuration that the request brought', async () => {
    // given
    const { ports, stored, state } = await aFailed();
    // when
    const answer = await makeRetryJob(ports)(ada);
    // then
    expect([answer.jobId, stored().state, stored().attempt]).toEqual([jobId, 'Pending', 2]);
    expect(state.modules.get('finance')).toMatchObject({ status: 'Changing', jobId, configuration: { currency: 'EUR' } });
  });

  test.each(['upgrade', 'downgrade', 'uninstall', 'restore', 'purge'] as const)(
    'of an %s takes the module up again as it stands',
    async (kind) => {
      const { ports, stored, state } = await aFailed({ changes: [aChange(kind)], configurations: {} });
      await makeRetryJob(ports)(ada);
      expect([stored().state, state.started]).toEqual(['Pending', [`${jobId}-2`]]);
      const leaving = kind === 'uninstall' ? { leaving: true } : {};
      expect(state.modules.get('finance')).toEqual({ ...beforeChange(aChange(kind)), ...leaving, status: 'Changing', jobId });
    },
  );

  test.each(['archived', 'deprovisioned', 'deprovisioning', 'restoring', 'purging', 'suspended'])(
    'is refused while the tenant is %s',
    async (status) => {
      // given
      const { ports, state, stored } = await aFailed();
      state.tenantStatus = status;
      // then
      await expect(makeRetryJob(ports)(ada)).rejects.toMatchObject({
        refusal: { kind: 'conflict', reason: 'tenant-not-active', facts: { status } },
      });
      expect(stored().state).toBe('Failed');
    },
  );

  test('undoes for a suspended tenant what needs a person', async () => {
    // given
    const { ports, state, stored } = await aStuck();
    state.tenantStatus = 'suspended';
    // when
    await makeRetryJob(ports)(ada);
    // then
    expect(stored().state).toBe('RollingBack');
  });

  test('is refused while the job runs, for a job that does not exist, and when the module is in other hands', async () => {
    // given
    const { ports, steps, state } = await aRegistry();
    const retry = makeRetryJob(ports);
    await expect(retry(ada)).rejects.toMatchObject({ refusal: { reason: 'not-retryable' } });
    await steps.refuse({ ...input, error });
    state.modules.set('finance', { tenantId, module: 'finance', status: 'Active', version: '1.0.0', configuration: {}, installedBy: 'J0' });
    // then
    await expect(retry(ada)).rejects.toMatchObject({ refusal: { reason: 'already-installed' } });
    await expect(retry({ jobId: 'nobody', actor: 'ada' })).rejects.toMatchObject({ refusal: { reason: 'unknown-job' } });
  });

  test('is refused, and locks nothing, while another job has the module in its hands', async () => {
    const { ports, state } = await aFailed({ changes: [aChange('upgrade')] });
    const other = { tenantId, kind: 'uninstall', modules: [{ module: 'finance' }], configurations: {}, actor: 'bob' } as const;
    const { jobId: inTheWay } = await makeRequestChange({ ...ports, newId: () => '01JD00000000000000000000J7' })(other);
    await expect(makeRetryJob(ports)(ada)).rejects.toMatchObject({ refusal: { reason: 'job-in-the-way', facts: { jobId: inTheWay } } });
    expect(state.modules.get('finance')?.jobId).toBe(inTheWay);
  });

  test('is refused where the same wishes lead to another plan by now, which says what differs', async () => {
    // given
    const changes = [aChange('install', 'membership'), aChange('install')];
    const needing = aModule('finance', { dependencies: [{ module: 'membership', range: '^1.0', optional: false }] });
    const it = await aRegistry({ changes, requested: ['finance'] }, [needing, aModule('membership')]);
    await it.steps.refuse({ ...input, error });
    it.state.modules.set('membership', { tenantId, module: 'membership', status: 'Active', version: '1.0.0', configuration: {} });
    // then
    await expect(makeRetryJob(it.ports)(ada)).rejects.toMatchObject({
      refusal: {
        kind: 'conflict',
        reason: 'plan-changed',
        facts: { differences: ['membership: absent → 1.0.0 was planned, now no change'] },
        message: expect.stringContaining(`job ${jobId} cannot be tried again`),
      },
    });
    expect([it.stored().state, it.state.modules.get('finance')]).toEqual(['Failed', undefined]);
  });

  test.each([
    ['withdrawn', aModule('finance', { status: 'withdrawn' })],
    ['subscription-required', aModule('finance', {}, { subscriptionRequired: true })],
  ])('is refused where the request would be by now: %s', async (reason, entry) => {
    const it = await aFailed();
    it.state.catalog.splice(0, 1, entry);
    await expect(makeRetryJob(it.ports)(ada)).rejects.toMatchObject({ refusal: { reason } });
    expect(it.stored().state).toBe('Failed');
  });

  test('of what newer versions have come for since is of the version that was asked for', async () => {
    const it = await aFailed();
    it.state.catalog.push(aModule('finance', { version: '1.5.0' }));
    await makeRetryJob(it.ports)(ada);
    expect(it.stored().modules).toMatchObject([{ to: '1.0.0' }]);
  });

  test('is accepted when its execution cannot be started now', async () => {
    const { ports, unstarted, stored } = await aFailed();
    const executions = { ...ports.executions, start: () => Promise.reject(new Unavailable('Step Functions could not be reached')) };
    expect(await makeRetryJob({ ...ports, executions })(ada)).toEqual({ jobId });
    expect([unstarted, stored().state]).toEqual([[jobId], 'Pending']);
  });
});

describe('A cancellation', () => {
  test('of what has not begun ends it at once, and frees the module', async () => {
    const { ports, stored, state, ended } = await aRegistry({ changes: [aChange('upgrade')] });
    expect(await makeCancelJob(ports)(ada)).toEqual({ jobId });
    expect(stored()).toMatchObject({ state: 'Cancelled', attempt: 2 });
    expect(state.modules.get('finance')).toEqual(beforeChange(aChange('upgrade')));
    expect([state.stopped, state.started, ended]).toEqual([[`${jobId}-1`], [], ['Cancelled']]);
  });

  test('of what has begun stops its execution and starts one that undoes it', async () => {
    const { ports, steps, stored, state } = await aRegistry({ changes: [aChange('upgrade')] });
    await steps.validate(input);
    await makeCancelJob(ports)(ada);
    expect(stored()).toMatchObject({ state: 'RollingBack', attempt: 2, fence: 3, reason: 'cancelled' });
    expect([state.stopped, state.started, state.revision]).toEqual([[`${jobId}-1`], [`${jobId}-2`], 3]);
    expect(await steps.complete(input)).toEqual({ outcome: 'superseded' });
    expect(await steps.validate({ jobId, attempt: 2 })).toMatchObject({ outcome: 'rollback' });
    await steps.rolledBack({ jobId, attempt: 2, module: 'finance', done: true });
    expect([stored().state, state.modules.get('finance')]).toEqual(['Cancelled', beforeChange(aChange('upgrade'))]);
  });

  test('asked for again changes nothing', async () => {
    const { ports, steps, state } = await aRegistry();
    await steps.validate(input);
    await makeCancelJob(ports)(ada);
    const commits = state.commits.length;
    expect(await makeCancelJob(ports)(ada)).toEqual({ jobId });
    expect([state.commits.length, state.stopped]).toEqual([commits, [`${jobId}-1`]]);
  });

  test('of what has ended is refused, and stops nothing', async () => {
    const { ports, state } = await aFailed();
    await expect(makeCancelJob(ports)(ada)).rejects.toMatchObject({ refusal: { reason: 'not-cancellable' } });
    expect(state.stopped).toEqual([]);
  });
});

describe('Settling by hand', () => {
  test('as undone frees the module as it was', async () => {
    const { ports, stored, state, ended } = await aStuck({ changes: [aChange('upgrade')] });
    await makeSettleJob(ports)({ ...ada, as: 'undone' });
    expect([stored().state, state.modules.get('finance'), ended.at(-1)]).toEqual(['Failed', beforeChange(aChange('upgrade')), 'Failed']);
  });

  test('as done leaves the module as the job was to leave it, with what the request brought', async () => {
    const { ports, stored, state } = await aStuck({ changes: [aChange('upgrade')] });
    await makeSettleJob(ports)({ ...ada, as: 'done' });
    expect(stored().state).toBe('Active');
    expect(state.modules.get('finance')).toMatchObject({
      status: 'Active',
      version: '2.0.0',
      installedBy: jobId,
      configuration: { currency: 'EUR' },
    });
  });

  test('of a job that needs no person is refused', async () => {
    const { ports, stored } = await aRegistry();
    await expect(makeSettleJob(ports)({ ...ada, as: 'done' })).rejects.toMatchObject({ refusal: { reason: 'not-in-intervention' } });
    expect(stored().state).toBe('Pending');
  });
});

describe('A decision with an idempotency key', () => {
  const idempotency = { id: 'k1', bodyHash: 'b1' };

  test('is made once, and answered alike', async () => {
    const { ports, stored, steps } = await aFailed();
    const retry = makeRetryJob(ports);
    await retry({ ...ada, idempotency });
    await steps.refuse({ jobId, attempt: 2, error });
    expect(await retry({ ...ada, idempotency })).toEqual({ jobId });
    expect(stored()).toMatchObject({ state: 'Failed', attempt: 2 });
  });

  test('is refused with another body', async () => {
    const { ports } = await aFailed();
    await makeRetryJob(ports)({ ...ada, idempotency });
    await expect(makeCancelJob(ports)({ ...ada, idempotency: { ...idempotency, bodyHash: 'b2' } })).rejects.toMatchObject({
      refusal: { reason: 'idempotency-key-reused' },
    });
  });
});
