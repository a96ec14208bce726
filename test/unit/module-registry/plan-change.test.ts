import { describe, expect, test } from '@jest/globals';
import type { Change } from '../../../contexts/module-registry/application/change-facts.ts';
import { type Check, makePlanChange, type PlanPorts } from '../../../contexts/module-registry/application/plan-change.ts';
import type { Quotas } from '../../../contexts/module-registry/application/ports.ts';
import { makeRequestChange, type RequestChange } from '../../../contexts/module-registry/application/request-change.ts';
import { type Refusal, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { losing, planning } from '../../support/memory-migrators.ts';
import { allowing } from '../../support/memory-quotas.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { saying } from '../../support/memory-subscriptions.ts';
import { aChange, beforeChange } from '../../support/module-job.ts';
import { anEmptyRegistry } from './registry-under-test.ts';

const kinds = ['install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge'] as const;
type Kind = (typeof kinds)[number];
const schema = { type: 'object', properties: { currency: { type: 'string', maxLength: 3 } }, additionalProperties: false };
const versions = ['1.0.0', '2.0.0'].map((version) =>
  aModule('finance', { version, configuration: schema }, { serves: '>=1.0.0', subscriptionRequired: true }),
);

/** A registry whose tenant has finance as a change of this kind finds it, and a subscription to it. */
const aTenant = (kind: Kind, using: Partial<Pick<PlanPorts, 'subscriptions' | 'quotas' | 'migrators'>> = {}, catalog = versions) => {
  const it = anEmptyRegistry(catalog);
  const stood = beforeChange(aChange(kind));
  if (stood) it.state.modules.set('finance', stood);
  const ports = { ...it.ports, subscriptions: saying(true), ...using };
  const range = kind === 'downgrade' ? { range: '1.0.0' } : {};
  const change: Change = { tenantId, kind, modules: [{ module: 'finance', ...range }], configurations: {}, confirm: 'finance' };
  return {
    ...it,
    ports,
    plan: (more: Partial<Change> = {}) => makePlanChange(ports)({ ...change, ...more }),
    request: (more: Partial<RequestChange> = {}) => makeRequestChange(ports)({ ...change, actor: 'ada', ...more }),
  };
};

const said = (checks: readonly Check[]) =>
  checks.map(({ check, refusal, fields }) => (refusal ? `${check}: ${refusal.reason}` : `${check}${fields ? ': fields' : ''}`));
const overQuota: Refusal = { kind: 'unprocessable', reason: 'quota-modules', message: 'the plan allows 3 modules' };

describe('What a change would do', () => {
  test.each([
    ['install', ['plan', 'subscription', 'tenant', 'quota', 'configuration']],
    ['upgrade', ['plan', 'subscription', 'tenant', 'quota', 'configuration']],
    ['downgrade', ['plan', 'subscription', 'tenant', 'quota', 'configuration', 'data-loss']],
    ['uninstall', ['plan', 'subscription', 'tenant', 'quota', 'configuration']],
    ['restore', ['plan', 'subscription', 'tenant', 'quota', 'configuration']],
    ['purge', ['plan', 'subscription', 'tenant', 'quota', 'configuration', 'grace-period', 'confirmation']],
  ] as const)('(%s) is shown with every check, and writes nothing, not even a lock', async (kind, checks) => {
    const it = aTenant(kind);
    const modules = structuredClone(it.state.modules);
    const preview = await it.plan();
    expect(said(preview.checks)).toEqual(checks);
    expect(preview.steps).toMatchObject([{ module: 'finance', change: kind, statements: { migrations: [] } }]);
    expect([it.state.commits, it.state.started, it.state.revision, it.state.modules]).toEqual([[], [], 1, modules]);
  });

  test.each(kinds)('(%s) is what the change does: the hash of the preview is accepted, and the job has its steps', async (kind) => {
    const it = aTenant(kind);
    const { planHash = '', steps } = await it.plan();
    const { jobId } = await it.request({ planHash });
    expect(it.state.jobs.get(jobId)?.modules).toMatchObject(steps.map(({ module, from, to, change }) => ({ module, from, to, change })));
  });

  test('asks the migrator of each module what it would run, with the archive where there is one', async () => {
    const migrators = planning();
    await aTenant('uninstall', { migrators }).plan();
    expect(migrators.questions).toEqual([
      { migratorArn: 'arn:finance:live', module: 'finance', change: 'uninstall', from: '1.0.0', to: null, archive: 1 },
    ]);
  });

  test('is shown without steps and hash where there is no plan, with the reason', async () => {
    expect(await aTenant('install', {}, []).plan()).toEqual({
      steps: [],
      warnings: [],
      checks: [{ check: 'plan', refusal: expect.objectContaining({ reason: 'unknown-module' }) }],
    });
  });

  test('is shown with every outcome, however many say no; the change is refused with the first', async () => {
    const it = aTenant('purge', { quotas: allowing(overQuota) });
    it.state.tenantStatus = 'suspended';
    const asked = { confirm: 'membership' };
    expect(said((await it.plan(asked)).checks)).toEqual([
      ...[
        'plan',
        'subscription',
        'tenant: tenant-not-active',
        'quota: quota-modules',
        'configuration',
        'grace-period',
        'confirmation: fields',
      ],
    ]);
    await expect(it.request(asked)).rejects.toMatchObject({ refusal: { reason: 'tenant-not-active' } });
  });

  test('of a tenant that is not there is refused', async () => {
    await expect(aTenant('install').plan({ tenantId: 'nobody' })).rejects.toMatchObject({ refusal: { reason: 'unknown-tenant' } });
  });
});

describe('The subscription', () => {
  test.each([
    ['install', 'payment-required'],
    ['upgrade', 'payment-required'],
    ['restore', 'payment-required'],
    ['downgrade', undefined],
    ['uninstall', undefined],
    ['purge', undefined],
  ] as const)('is wanted for what is brought, not for what is taken away: %s without one is %s', async (kind, refused) => {
    const it = aTenant(kind, { subscriptions: saying(false) });
    const found = (await it.plan()).checks.find(({ check }) => check === 'subscription');
    expect(found?.refusal?.kind).toBe(refused);
  });

  test('is wanted for what a plan brings along too', async () => {
    const needing = aModule('finance', { dependencies: [{ module: 'membership', range: '^1.0', optional: false }] });
    const catalog = [needing, aModule('membership', {}, { subscriptionRequired: true })];
    const it = aTenant('install', { subscriptions: saying(false) }, catalog);
    await expect(it.request()).rejects.toMatchObject({ refusal: { reason: 'subscription-required', facts: { module: 'membership' } } });
  });

  test('that nobody can tell of now is noted, and refuses nobody: the job waits for it', async () => {
    const hasSubscriptionForModule = () => Promise.reject(new Unavailable('nobody can say', 7));
    const it = aTenant('install', { subscriptions: { ...saying(true), hasSubscriptionForModule } });
    const found = (await it.plan()).checks.find(({ check }) => check === 'subscription');
    expect(found).toEqual({ check: 'subscription', note: 'nobody can say' });
    await it.request();
    expect(it.state.jobs.size).toBe(1);
  });
});

describe('The quota', () => {
  test.each([
    ['install', 1],
    ['restore', 1],
    ['upgrade', 0],
    ['downgrade', 0],
    ['purge', 0],
    ['uninstall', -1],
  ] as const)('is asked about %s as %i modules more', async (kind, modules) => {
    const wanted: unknown[] = [];
    const refusals: Quotas['refusals'] = async ({ id, plan, storageBytes }, _modules, more) => {
      wanted.push([id, plan, storageBytes, more]);
      return [];
    };
    await aTenant(kind, { quotas: { refusals } }).plan();
    expect(wanted).toEqual([[tenantId, 'standard', 0, { modules }]]);
  });

  test('that says no refuses the change', async () => {
    await expect(aTenant('install', { quotas: allowing(overQuota) }).request()).rejects.toMatchObject({ refusal: overQuota });
  });
});

describe('The configuration', () => {
  test.each([
    ['does not fit the version that comes', 'install', { finance: { currency: 'euros' } }, 'configuration.currency'],
    ['says more than the schema knows', 'upgrade', { finance: { colour: 'red' } }, 'configuration'],
    ['is of a module that the change does not bring', 'install', { calendar: { zone: 'UTC' } }, 'configuration'],
    ['is of what is taken away', 'uninstall', { finance: { currency: 'EUR' } }, 'configuration'],
  ] as const)('that %s is nonsense, field by field', async (_, kind, configurations, field) => {
    const it = aTenant(kind);
    await expect(it.request({ configurations })).rejects.toMatchObject({ name: 'Malformed', fields: [{ field }] });
    expect(it.state.commits).toEqual([]);
  });

  const accounts = { type: 'object', properties: { account: { type: 'string' } }, required: ['account'] };

  test('that was there is judged by the version that comes', async () => {
    const narrower = aModule('finance', { version: '2.0.0', configuration: accounts });
    const it = aTenant('upgrade', {}, [...versions.slice(0, 1), narrower]);
    await expect(it.request()).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'configuration.account' }] });
    expect(await it.request({ configurations: { finance: { account: 'main' } } })).toHaveProperty('jobId');
  });
});

describe('A downgrade', () => {
  const migrators = planning({ finance: losing('drop_totals') });

  test('that loses data is refused, naming what it undoes, until that is accepted', async () => {
    const it = aTenant('downgrade', { migrators });
    await expect(it.request()).rejects.toMatchObject({
      refusal: { kind: 'unprocessable', reason: 'data-loss', facts: { from: '2.0.0', to: '1.0.0', migrations: ['drop_totals'] } },
    });
    await it.request({ acceptDataLoss: true });
    expect(it.state.jobs.size).toBe(1);
  });

  test('that loses nothing is made as it is', async () => {
    expect(await aTenant('downgrade').request()).toHaveProperty('jobId');
  });
});

describe('A purge', () => {
  const hours = (n: number): number => n * 3600;
  /** The archive has just been made. */
  const fresh = (it: ReturnType<typeof aTenant>): void => {
    const stood = beforeChange(aChange('purge'));
    const archivedAt = it.ports.clock.now();
    if (stood?.archive) it.state.modules.set('finance', { ...stood, archive: { ...stood.archive, at: archivedAt } });
  };

  test.each([
    [hours(24) - 1, false],
    [hours(24), true],
  ])('%i s after the module was archived is accepted: %s', async (seconds, accepted) => {
    const it = aTenant('purge');
    fresh(it);
    it.wait(seconds);
    const refused = { refusal: { kind: 'conflict', reason: 'grace-period', facts: { from: '2026-01-02T00:00:00.000Z' } } };
    if (accepted) expect(await it.request()).toHaveProperty('jobId');
    else await expect(it.request()).rejects.toMatchObject(refused);
  });

  test('waits for no grace period where that is waived', async () => {
    const it = aTenant('purge');
    fresh(it);
    expect(await it.request({ waiveGracePeriod: true })).toHaveProperty('jobId');
  });

  test.each([undefined, '', 'membership', 'Finance'])('confirmed with %j is refused: the module’s name is meant', async (confirm) => {
    const { ports } = aTenant('purge');
    const change = { tenantId, kind: 'purge', modules: [{ module: 'finance' }], configurations: {}, waiveGracePeriod: true } as const;
    const request = makeRequestChange(ports)({ ...change, actor: 'ada', ...(confirm === undefined ? {} : { confirm }) });
    await expect(request).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'confirm' }] });
  });
});
