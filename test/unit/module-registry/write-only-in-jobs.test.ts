import { describe, expect, test } from '@jest/globals';
import { type ConfigureModule, makeConfigureModule } from '../../../contexts/module-registry/application/configure-module.ts';
import { makeCancelJob, makeRetryJob, makeSettleJob } from '../../../contexts/module-registry/application/decide-job.ts';
import { makeModuleSteps } from '../../../contexts/module-registry/application/module-steps.ts';
import { makePlanChange } from '../../../contexts/module-registry/application/plan-change.ts';
import { makeRequestChange, type RequestChange } from '../../../contexts/module-registry/application/request-change.ts';
import { Contended, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { makeMemoryConfigurations } from '../../support/memory-configurations.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { aChange, beforeChange, jobId } from '../../support/module-job.ts';
import { anEmptyRegistry, error, input } from './registry-under-test.ts';

const configuration = {
  type: 'object',
  properties: {
    currency: { type: 'string' },
    key: { type: 'string', minLength: 8, writeOnly: true },
    account: { type: 'string', writeOnly: true },
  },
  required: ['key'],
  additionalProperties: false,
};
const versions = ['1.0.0', '2.0.0'].map((version) => aModule('finance', { version, configuration }, { serves: '>=1.0.0' }));
const of = { tenantId, module: 'finance' };

/** A tenant without finance, or with what a change of this kind finds, `key` set. */
const aTenant = async (kind: 'install' | 'upgrade' | 'purge') => {
  const it = anEmptyRegistry(versions);
  const stood = beforeChange(aChange(kind));
  if (stood) {
    const secrets = { ref: await it.secrets.write(of, { key: 'before-it', account: 'A-1' }), fields: ['account', 'key'] };
    it.state.modules.set('finance', { ...stood, secrets });
  }
  const request = (finance?: RequestChange['configurations'][string], more: Partial<RequestChange> = {}) =>
    makeRequestChange(it.ports)({
      ...{ tenantId, kind, modules: [{ module: 'finance' }], actor: 'ada', confirm: 'finance', waiveGracePeriod: true },
      configurations: finance ? { finance } : {},
      ...more,
    });
  const configure = (patch: ConfigureModule['patch']) =>
    makeConfigureModule({ ...it.ports, configurations: makeMemoryConfigurations(it) })({ ...of, patch, ifMatch: ['*'], actor: 'ada' });
  const steps = makeModuleSteps(it.ports);
  const values = () => [...it.secrets.kept.values()];
  const stored = () => it.state.modules.get('finance');
  const job = () => it.state.jobs.get(jobId) ?? { attempt: 0 };
  return { ...it, request, configure, steps, values, stored, job };
};

type Tenant = Awaited<ReturnType<typeof aTenant>>;

/** Everything that is kept anywhere but where secrets are. */
const everythingElse = async (it: Tenant): Promise<string> =>
  JSON.stringify([
    ...it.state.modules.values(),
    it.state.commits,
    await it.jobs.configuration(jobId),
    it.trail.events(`JOB#${jobId}`, { limit: 10 }),
    it.history,
  ]);

describe('A write-only field that a request brings', () => {
  test('is kept apart from the job and all that it stores, and told in the history by its name', async () => {
    const it = await aTenant('install');

    await it.request({ currency: 'CHF', key: 'hush-hush' }, { idempotency: { id: 'k', bodyHash: 'b' } });

    expect(it.values()).toEqual([{ key: 'hush-hush' }]);
    expect(it.stored()).toMatchObject({ configuration: { currency: 'CHF' }, secrets: { fields: ['key'] } });
    expect(await everythingElse(it)).not.toContain('hush-hush');
    expect(it.history).toMatchObject([{ actor: 'ada', fields: ['currency', 'key'], jobId }]);
  });

  test('stands once the job is done', async () => {
    const it = await aTenant('install');
    await it.request({ key: 'hush-hush' });
    await it.steps.validate(input);
    await it.steps.complete(input);

    const { status, secrets } = it.stored() ?? {};
    expect([status, await it.secrets.read(of, secrets?.ref ?? '')]).toEqual(['Active', { key: 'hush-hush' }]);
  });

  test('with an upgrade, goes to those that are set; what was kept before stays until the job is done, and goes then', async () => {
    const it = await aTenant('upgrade');
    await it.request({ key: 'hush-hush' });
    expect(it.values()).toHaveLength(2);
    expect(await it.secrets.read(of, it.stored()?.secrets?.ref ?? '')).toMatchObject({ key: 'before-it' });

    await it.steps.validate(input);
    await it.steps.complete(input);
    expect(it.values()).toEqual([{ key: 'hush-hush', account: 'A-1' }]);
    expect(await it.secrets.read(of, it.stored()?.secrets?.ref ?? '')).toEqual({ key: 'hush-hush', account: 'A-1' });
  });

  test('is removed when the job is cancelled', async () => {
    const [install, upgrade] = [await aTenant('install'), await aTenant('upgrade')];
    for (const it of [install, upgrade]) {
      await it.request({ key: 'hush-hush' });
      await makeCancelJob(it.ports)({ jobId, actor: 'ada' });
    }

    expect([install.values(), install.stored()]).toEqual([[], undefined]);
    expect(upgrade.values()).toEqual([{ key: 'before-it', account: 'A-1' }]);
    expect(upgrade.stored()).toMatchObject({ status: 'Active', secrets: { ref: 'ref-1' } });
  });

  test.each([
    ['refused', ({ steps }: Tenant) => steps.refuse({ ...input, error })],
    [
      'rolled back',
      async ({ steps }: Tenant) => {
        await steps.validate(input);
        await steps.beginRollback({ ...input, error });
        await steps.rolledBack({ ...input, module: 'finance', done: true });
      },
    ],
    [
      'settled as undone',
      async ({ steps, ports }: Tenant) => {
        await steps.validate(input);
        await steps.beginRollback({ ...input, error });
        await steps.needIntervention({ ...input, error });
        await makeSettleJob(ports)({ jobId, actor: 'ada', as: 'undone' });
      },
    ],
  ])('stays when the job is %s, which may be tried again', async (_, end) => {
    const [install, upgrade] = [await aTenant('install'), await aTenant('upgrade')];
    for (const it of [install, upgrade]) {
      await it.request({ key: 'hush-hush' });
      await end(it);
    }

    expect([install.values(), install.stored()]).toEqual([[{ key: 'hush-hush' }], undefined]);
    expect(upgrade.stored()).toMatchObject({ status: 'Active', secrets: { ref: 'ref-1' } });
    for (const it of [install, upgrade]) {
      await makeRetryJob(it.ports)({ jobId, actor: 'ada' });
      await it.steps.validate({ jobId, attempt: it.job().attempt });
      await it.steps.complete({ jobId, attempt: it.job().attempt });
    }
    expect([install.values(), upgrade.values()]).toEqual([[{ key: 'hush-hush' }], [{ key: 'hush-hush', account: 'A-1' }]]);
    for (const it of [install, upgrade])
      expect(await it.secrets.read(of, it.stored()?.secrets?.ref ?? '')).toMatchObject({ key: 'hush-hush' });
  });

  test('is tried again alone, without those that were set before and have no place in the new version', async () => {
    const it = await aTenant('upgrade');
    const { account: _account, ...properties } = configuration.properties;
    const strict = aModule('finance', { version: '2.0.0', configuration: { ...configuration, properties } }, { serves: '>=1.0.0' });
    it.state.catalog.splice(1, 1, strict);
    await it.request({ key: 'hush-hush' });
    await it.steps.refuse({ ...input, error });
    await makeRetryJob(it.ports)({ jobId, actor: 'ada' });
    await it.steps.validate({ jobId, attempt: it.job().attempt });
    await it.steps.complete({ jobId, attempt: it.job().attempt });

    expect(await it.secrets.read(of, it.stored()?.secrets?.ref ?? '')).toMatchObject({ key: 'hush-hush' });
  });

  test('is removed again when the request lost every race, and stays where nobody knows whether it was stored', async () => {
    const [lost, unknown] = [await aTenant('install'), await aTenant('install')];
    Object.assign(lost.ports.jobs, { commit: () => Promise.reject(new Contended('lost')) });
    Object.assign(unknown.ports.jobs, { commit: () => Promise.reject(new Unavailable('no answer')) });

    await expect(lost.request({ key: 'hush-hush' })).rejects.toMatchObject({ name: 'Contended' });
    await expect(unknown.request({ key: 'hush-hush' })).rejects.toMatchObject({ name: 'Unavailable' });
    expect([lost.values(), unknown.values()]).toEqual([[], [{ key: 'hush-hush' }]]);
  }, 20_000);

  test('that cannot be removed is told, and keeps no job from its end', async () => {
    const it = await aTenant('install');
    await it.request({ key: 'hush-hush' });
    Object.assign(it.secrets, { remove: () => Promise.reject(new Unavailable('not now')) });

    expect(await makeCancelJob(it.ports)({ jobId, actor: 'ada' })).toEqual({ jobId });
    expect([it.left, it.stored()]).toEqual([[tenantId], undefined]);
  });

  test('makes the same request join the open job, and another value a request of its own', async () => {
    const it = await aTenant('install');
    await it.request({ currency: 'CHF', key: 'hush-hush' });

    expect(await it.request({ currency: 'CHF', key: 'hush-hush' })).toEqual({ jobId });
    for (const other of [
      { currency: 'CHF', key: 'something else' },
      { currency: 'USD', key: 'hush-hush' },
      { currency: 'CHF', key: 'hush-hush', account: 'A' },
    ])
      await expect(it.request(other)).rejects.toMatchObject({ refusal: { reason: 'job-in-the-way' } });
    expect(it.values()).toEqual([{ key: 'hush-hush' }]);
  });

  test('beside more than can be kept makes no request the same as another', async () => {
    const it = await aTenant('install');
    await it.request({ currency: 'CHF', key: 'hush-hush' });
    const tooDeep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);

    await expect(it.request(tooDeep)).rejects.toMatchObject({ refusal: { reason: 'job-in-the-way' } });
  });

  test('is judged by the version, and need not be brought again where it is set', async () => {
    const [install, upgrade] = [await aTenant('install'), await aTenant('upgrade')];

    await expect(install.request({ currency: 'CHF' })).rejects.toMatchObject({
      name: 'Malformed',
      fields: [{ field: 'configuration.key' }],
    });
    await expect(install.request({ key: 'short' })).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'configuration.key' }] });
    expect(await upgrade.request({ currency: 'USD' })).toEqual({ jobId });
    expect(install.values()).toEqual([]);
  });

  test('is nowhere in a plan', async () => {
    const it = await aTenant('install');
    const plan = await makePlanChange(it.ports)({
      ...{ tenantId, kind: 'install', modules: [{ module: 'finance' }] },
      configurations: { finance: { key: 'hush-hush' } },
    });

    expect(JSON.stringify(plan)).not.toContain('hush-hush');
    expect(it.values()).toEqual([]);
  });

  test('of a failed job goes with the next request for the module, and the job is not tried again then', async () => {
    const it = await aTenant('install');
    await it.request({ key: 'hush-hush' });
    await it.steps.refuse({ ...input, error });
    Object.assign(it.ports, { newId: () => '01JD00000000000000000000J2' });
    await it.request({ key: 'another one' });
    expect(it.values()).toEqual([{ key: 'another one' }]);
    await it.steps.refuse({ jobId: '01JD00000000000000000000J2', attempt: 1, error });

    await expect(makeRetryJob(it.ports)({ jobId, actor: 'ada' })).rejects.toMatchObject({
      refusal: {
        ...{ kind: 'conflict', reason: 'secrets-gone', facts: { job: jobId, modules: ['finance'] } },
        message: expect.stringContaining('is gone, since the module was asked for or configured again'),
      },
    });
  });

  test('takes nothing with it that somebody wrote after the request was stored', async () => {
    const it = await aTenant('upgrade');
    await it.secrets.write(of, { key: 'of a failed job' });
    const { commit } = it.jobs;
    Object.assign(it.ports.jobs, {
      commit: async (change: Parameters<typeof commit>[0]) => {
        await commit(change);
        await it.secrets.write(of, { key: 'of the next one' });
      },
    });
    await it.request({ key: 'hush-hush' });

    expect(it.values()).toMatchObject([{ key: 'before-it' }, { key: 'hush-hush' }, { key: 'of the next one' }]);
  });

  test.each([
    ['a write-only field', { key: 'rotated since' }],
    ['another field', { currency: 'USD' }],
  ])('is not brought by a failed job after %s was configured, even while it is still there', async (_, patch) => {
    const it = await aTenant('upgrade');
    await it.request({ key: 'hush-hush' });
    await it.steps.refuse({ ...input, error });
    Object.assign(it.secrets, { remove: () => Promise.reject(new Unavailable('not now')) });
    const { tenantModule } = await it.configure(patch);

    await expect(makeRetryJob(it.ports)({ jobId, actor: 'ada' })).rejects.toMatchObject({
      refusal: { kind: 'conflict', reason: 'configuration-changed', facts: { job: jobId, modules: ['finance'] } },
    });
    expect([it.stored(), it.values()]).toEqual([tenantModule, expect.arrayContaining([{ key: 'hush-hush', account: 'A-1' }])]);
  });

  test('stands too when somebody says that the job was done by hand', async () => {
    const it = await aTenant('install');
    await it.request({ key: 'hush-hush' });
    await it.steps.validate(input);
    await it.steps.beginRollback({ ...input, error });
    await it.steps.needIntervention({ ...input, error });
    await makeSettleJob(it.ports)({ jobId, actor: 'ada', as: 'done' });

    expect(await it.secrets.read(of, it.stored()?.secrets?.ref ?? '')).toEqual({ key: 'hush-hush' });
  });
});

describe('Write-only values of a module that is purged', () => {
  test('are removed before the job is done, those left by mishaps too', async () => {
    const it = await aTenant('purge');
    await it.secrets.write(of, { key: 'left over' });
    await it.request();
    await it.steps.validate(input);
    let atCommit = -1;
    const { commit } = it.jobs;
    Object.assign(it.ports.jobs, {
      commit: async (change: Parameters<typeof commit>[0]) => {
        atCommit = it.values().length;
        await commit(change);
      },
    });
    await it.steps.complete(input);

    expect([atCommit, it.values(), it.stored()]).toEqual([0, [], undefined]);
  });
});
