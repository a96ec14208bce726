import { describe, expect, test } from '@jest/globals';
import { makeModuleSteps } from '../../../contexts/module-registry/application/module-steps.ts';
import { makePlanChange } from '../../../contexts/module-registry/application/plan-change.ts';
import type { JobCommit } from '../../../contexts/module-registry/application/ports.ts';
import { makeRequestChange, type RequestChange } from '../../../contexts/module-registry/application/request-change.ts';
import { Contended } from '../../../contexts/shared/domain/errors.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { aChange, beforeChange, givenOf, jobId } from '../../support/module-job.ts';
import { anEmptyRegistry } from './registry-under-test.ts';

const versions = ['1.0.0', '2.0.0'].map((version) => aModule('finance', { version }, { serves: '>=1.0.0' }));
const kinds = ['install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge'] as const;
type Kind = (typeof kinds)[number];

/** A registry whose tenant has finance as a change of this kind finds it, and the request for that change. */
const aTenant = (kind: Kind = 'install', catalog = versions) => {
  const it = anEmptyRegistry(catalog);
  const stood = beforeChange(aChange(kind));
  if (stood) it.state.modules.set('finance', stood);
  const request = (more: Partial<RequestChange> = {}) =>
    makeRequestChange(it.ports)({
      ...{ tenantId, kind, modules: [wish(kind)], configurations: {}, actor: 'ada', acceptDataLoss: true },
      ...(kind === 'purge' ? { confirm: 'finance' } : {}),
      ...more,
    });
  return { ...it, stood, request, steps: makeModuleSteps(it.ports) };
};

const wish = (kind: Kind) => (kind === 'downgrade' ? { module: 'finance', range: '1.0.0' } : { module: 'finance' });
const refusedWith = (reason: string, more: object = {}) => ({ name: 'Refused', refusal: { reason, ...more } });

describe('A request for a change', () => {
  test.each(kinds)('(%s) writes a job that locks the module, raises the revision, and starts it', async (kind) => {
    const { request, state, stood } = aTenant(kind);
    expect(await request()).toEqual({ jobId });
    expect(state.jobs.get(jobId)).toMatchObject({ kind, state: 'Pending', requested: ['finance'], requestedBy: 'ada', fence: 2 });
    expect(state.modules.get('finance')).toMatchObject({ ...stood, status: 'Changing', jobId });
    expect([state.revision, state.started]).toEqual([2, [`${jobId}-1`]]);
  });

  test('locks every module of the plan, in one commit', async () => {
    const needing = aModule('finance', { dependencies: [{ module: 'membership', range: '^1.0', optional: false }] });
    const { request, state } = aTenant('install', [needing, aModule('membership')]);
    await request();
    expect(state.jobs.get(jobId)?.modules.map(({ module }) => module)).toEqual(['membership', 'finance']);
    expect([state.commits.length, [...state.modules.values()].map((module) => module.jobId)]).toEqual([1, [jobId, jobId]]);
    expect(state.jobs.get(jobId)?.requested).toEqual(['finance']);
  });

  test('gives a new module its configuration at once; any other one has it when it stands', async () => {
    const [fresh, upgrade] = [aTenant('install'), aTenant('upgrade')];
    const configurations = { finance: { currency: 'USD' } };
    const stood = upgrade.state.modules.get('finance');
    for (const it of [fresh, upgrade]) await it.request({ configurations });
    expect(fresh.state.modules.get('finance')?.configuration).toEqual({ currency: 'USD' });
    expect(upgrade.state.modules.get('finance')?.configuration).toEqual({ currency: 'CHF' });
    expect(await upgrade.jobs.configuration(jobId)).toEqual({ finance: givenOf({ currency: 'USD' }, stood) });
    for (const it of [fresh, upgrade]) {
      await it.steps.validate({ jobId, attempt: 1 });
      await it.steps.complete({ jobId, attempt: 1 });
      expect(it.state.modules.get('finance')).toMatchObject({ status: 'Active', version: '2.0.0', configuration: { currency: 'USD' } });
    }
  });

  test('takes nothing away that a module needs again, if the job fails that is changing it', async () => {
    const needing = aModule('finance', { dependencies: [{ module: 'membership', range: '^1.0', optional: false }] });
    const it = aTenant('upgrade', [needing, ...versions.slice(1), aModule('membership')]);
    it.state.modules.set('membership', { tenantId, module: 'membership', status: 'Active', version: '1.0.0', configuration: {} });
    await it.request();
    const uninstall = it.request({ kind: 'uninstall', modules: [{ module: 'membership' }] });
    await expect(uninstall).rejects.toMatchObject(refusedWith('job-in-the-way', { facts: { module: 'finance', jobId } }));
  });

  test('that is refused has written nothing', async () => {
    const { request, state } = aTenant('upgrade');
    await expect(request({ modules: [{ module: 'finance', range: '9.0.0' }] })).rejects.toMatchObject(refusedWith('unknown-version'));
    expect([state.commits, state.started, state.revision]).toEqual([[], [], 1]);
  });

  test('looks again when someone else wrote first, and goes by what stands then', async () => {
    const { ports, state } = aTenant('install');
    let races = 0;
    const jobs = {
      ...ports.jobs,
      commit: async (commit: JobCommit) => {
        races += 1;
        if (races > 1) return ports.jobs.commit(commit);
        state.modules.set('finance', { tenantId, module: 'finance', status: 'Active', version: '1.0.0', configuration: {} });
        throw new Contended('lost');
      },
    };
    const change = { tenantId, kind: 'install', modules: [{ module: 'finance' }], configurations: {}, actor: 'ada' } as const;
    await expect(makeRequestChange({ ...ports, jobs })(change)).rejects.toMatchObject(refusedWith('already-installed'));
    expect(races).toBe(1);
  });
});

describe('The same request again, while its job is open', () => {
  test.each(kinds)('(%s) is answered with that job, also once it works', async (kind) => {
    const { request, state, steps } = aTenant(kind);
    await request();
    expect(await request()).toEqual({ jobId });
    await steps.validate({ jobId, attempt: 1 });
    expect(await request()).toEqual({ jobId });
    expect([state.jobs.size, state.revision]).toEqual([1, 2]);
  });

  test.each([
    [
      'which settles for an older version',
      [
        ...versions.slice(0, 1),
        aModule('finance', { version: '2.0.0', dependencies: [{ module: 'nowhere', range: '*', optional: false }] }),
      ],
    ],
    ['which finds deprecated versions only', [aModule('finance', { status: 'deprecated', sunsetAt: new Date('2030-01-01') })]],
  ])('%s, is answered with that job', async (_, catalog) => {
    const { request, state } = aTenant('install', catalog);
    await request();
    expect(await request()).toEqual({ jobId });
    expect(state.jobs.get(jobId)?.modules).toMatchObject([{ to: '1.0.0' }]);
  });

  test('is the same in other words that lead to the same plan, and with the same configuration', async () => {
    const { request } = aTenant('upgrade');
    const configurations = { finance: { currency: 'USD' } };
    await request({ configurations });
    expect(await request({ configurations, modules: [{ module: 'finance', range: '^2.0' }] })).toEqual({ jobId });
  });

  test('for several modules is the same in any order', async () => {
    const { request } = aTenant('install', [...versions, aModule('calendar')]);
    const modules = [{ module: 'finance' }, { module: 'calendar' }];
    await request({ modules });
    expect(await request({ modules: modules.toReversed() })).toEqual({ jobId });
  });

  test.each<readonly [string, Kind, Partial<RequestChange>]>([
    ['another version', 'install', { modules: [{ module: 'finance', range: '1.0.0' }] }],
    ['another configuration', 'install', { configurations: { finance: { currency: 'USD' } } }],
    ['another kind', 'upgrade', { kind: 'uninstall' }],
    ['more modules', 'install', { modules: [{ module: 'finance' }, { module: 'calendar' }] }],
  ])('but with %s is refused, and names the job in the way', async (_, kind, other) => {
    const { request, state } = aTenant(kind, [...versions, aModule('calendar')]);
    await request();
    await expect(request(other)).rejects.toMatchObject(
      refusedWith('job-in-the-way', { kind: 'conflict', facts: { module: 'finance', jobId } }),
    );
    expect(state.jobs.size).toBe(1);
  });

  test('once it is done is refused, and names it', async () => {
    const { request, steps } = aTenant('install');
    await request();
    await steps.validate({ jobId, attempt: 1 });
    await steps.complete({ jobId, attempt: 1 });
    await expect(request()).rejects.toMatchObject(
      refusedWith('already-installed', { facts: { module: 'finance', version: '2.0.0', jobId } }),
    );
  });
});

describe('A request with an idempotency key', () => {
  const key = { id: 'k1', bodyHash: 'b1' };

  test('is answered alike when it is repeated after its job has ended', async () => {
    const { request, steps, state } = aTenant('install');
    await request({ idempotency: key });
    await steps.refuse({ jobId, attempt: 1, error: { name: 'Unavailable', message: 'no database' } });
    expect(await request({ idempotency: key })).toEqual({ jobId });
    expect(state.jobs.size).toBe(1);
  });

  test('that joined a job is answered alike after that job has ended', async () => {
    const { request, steps, state } = aTenant('install');
    await request();
    await request({ idempotency: key });
    await steps.refuse({ jobId, attempt: 1, error: { name: 'Unavailable', message: 'no database' } });
    expect([await request({ idempotency: key }), state.jobs.size]).toEqual([{ jobId }, 1]);
  });

  test('is refused with another body', async () => {
    const { request } = aTenant('install');
    await request({ idempotency: key });
    await expect(request({ idempotency: { ...key, bodyHash: 'b2' } })).rejects.toMatchObject(refusedWith('idempotency-key-reused'));
  });
});

describe('A request that agrees to a plan', () => {
  const hashOf = async ({ ports }: ReturnType<typeof aTenant>) =>
    (await makePlanChange(ports)({ tenantId, kind: 'install', modules: [{ module: 'finance' }], configurations: {} })).planHash ?? '';

  test('is made when the plan is the one that was shown', async () => {
    const it = aTenant('install');
    expect(await it.request({ planHash: await hashOf(it) })).toEqual({ jobId });
  });

  test('is refused, with what differs, when the world has moved on', async () => {
    const it = aTenant('install');
    const planHash = await hashOf(it);
    it.state.catalog.push(aModule('finance', { version: '3.0.0' }));
    const differences = ['finance: absent → 2.0.0 was planned, now absent → 3.0.0'];
    await expect(it.request({ planHash })).rejects.toMatchObject(refusedWith('plan-changed', { kind: 'conflict', facts: { differences } }));
    expect([it.state.commits, it.state.started]).toEqual([[], []]);
  });

  test('is nonsense where that is no plan hash, and has written nothing', async () => {
    const it = aTenant('install');
    await expect(it.request({ planHash: 'nonsense' })).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'planHash' }] });
    expect(it.state.commits).toEqual([]);
  });
});
