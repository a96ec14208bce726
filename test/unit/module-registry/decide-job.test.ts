import { describe, expect, test } from '@jest/globals';
import { makeRetryJob } from '../../../contexts/module-registry/application/decide-job.ts';
import { tenantId } from '../../support/memory-registry.ts';
import { jobId } from '../../support/module-job.ts';
import { aRegistry, error, input } from './registry-under-test.ts';

describe('A retry', () => {
  test('locks the module again, with the configuration that the request brought', async () => {
    // given
    const { ports, steps, stored, state } = await aRegistry();
    await steps.refuse({ ...input, error });
    // when
    const answer = await makeRetryJob(ports)({ jobId, actor: 'ada' });
    // then
    expect([answer.jobId, stored().state, stored().attempt]).toEqual([jobId, 'Pending', 2]);
    expect(state.modules.get('finance')).toMatchObject({ status: 'Changing', jobId, configuration: { currency: 'EUR' } });
  });

  test.each(['archived', 'deprovisioned', 'deprovisioning', 'restoring', 'purging', 'suspended'])(
    'is refused while the tenant is %s',
    async (status) => {
      // given
      const { ports, steps, state, stored } = await aRegistry();
      await steps.refuse({ ...input, error });
      state.tenantStatus = status;
      // then
      await expect(makeRetryJob(ports)({ jobId, actor: 'ada' })).rejects.toMatchObject({
        refusal: { kind: 'conflict', reason: 'tenant-not-active', facts: { status } },
      });
      expect(stored().state).toBe('Failed');
    },
  );

  test('undoes for a suspended tenant what needs a person', async () => {
    // given
    const { ports, steps, state, stored } = await aRegistry();
    await steps.validate(input);
    await steps.beginRollback({ ...input, error });
    await steps.needIntervention({ ...input, error });
    state.tenantStatus = 'suspended';
    // when
    await makeRetryJob(ports)({ jobId, actor: 'ada' });
    // then
    expect(stored().state).toBe('RollingBack');
  });

  test('is refused while the job runs, for a job that does not exist, and when the module is in other hands', async () => {
    // given
    const { ports, steps, state } = await aRegistry();
    const retry = makeRetryJob(ports);
    const running = retry({ jobId, actor: 'ada' });
    await expect(running).rejects.toMatchObject({ refusal: { reason: 'not-retryable' } });
    await steps.refuse({ ...input, error });
    state.modules.set('finance', { tenantId, module: 'finance', status: 'Active', version: '1.0.0', configuration: {}, installedBy: 'J0' });
    // then
    await expect(retry({ jobId, actor: 'ada' })).rejects.toMatchObject({ refusal: { reason: 'already-installed' } });
    await expect(retry({ jobId: 'nobody', actor: 'ada' })).rejects.toMatchObject({ refusal: { reason: 'unknown-job' } });
  });
});
