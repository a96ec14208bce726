import { describe, expect, test } from '@jest/globals';
import type { Job } from '../../../contexts/module-registry/domain/job.ts';
import { planChange, standingOf, type WantedChange } from '../../../contexts/module-registry/domain/plan.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { aModule } from '../../support/memory-registry.ts';
import { aChange, beforeChange } from '../../support/module-job.ts';
import { aJob } from './a-job.ts';
import { type Entry, facts, has } from './plan-facts.ts';

const kinds = ['install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge'] as const;
const versions = (module: string, ...all: readonly string[]) => all.map((version) => aModule(module, { version }, { serves: '>=1.0.0' }));
const change = (kind: WantedChange['kind'], module = 'finance', range?: string): WantedChange => ({
  kind,
  modules: [{ module, ...(range === undefined ? {} : { range }) }],
});
const archived = (module = 'finance', more: Partial<TenantModule> = {}): TenantModule => {
  const found = beforeChange(aChange('restore', module));
  if (!found) throw new Error('an archive is there before it is restored');
  return { ...found, ...more };
};
const needing = (range: string, optional = false): Entry =>
  aModule('finance', { dependencies: [{ module: 'membership', range, optional }] }, { serves: '>=1.0.0' });

/** A job of this kind on a module, as a tenant module in its hands names it. */
const holder = (kind: WantedChange['kind'], module: string): Job => ({
  ...aJob(kind),
  id: 'J2',
  modules: [{ ...aChange(kind, module), progress: { applied: 0, total: 0 } }],
});
const held = (module: string, more: Partial<TenantModule> = {}): TenantModule => ({
  ...has(module),
  status: 'Changing',
  jobId: 'J2',
  ...more,
});

describe('Planning a change of what is installed', () => {
  const catalog = versions('finance', '1.0.0', '1.1.0', '2.0.0');

  test.each([
    ['upgrade', '1.1.0', undefined, '2.0.0'],
    ['upgrade', '1.0.0', '1.1.0', '1.1.0'],
    ['downgrade', '2.0.0', '1.0.0', '1.0.0'],
  ] as const)('to %s it from %s to %s takes it to %s', (kind, version, range, to) => {
    const plan = planChange(change(kind, 'finance', range), facts(catalog, [has('finance', { version })]));
    expect(plan).toMatchObject({ steps: [{ module: 'finance', from: version, to, change: kind, migratorArn: 'arn:finance:live' }] });
  });

  test('says of each step what becomes of that module: an upgrade may install what the new version needs', () => {
    const dependencies = [{ module: 'membership', range: '^1.0', optional: false }];
    const later = aModule('finance', { version: '2.0.0', dependencies });
    const plan = planChange(change('upgrade'), facts([...versions('finance', '1.0.0'), later, aModule('membership')], [has('finance')]));
    expect(plan).toMatchObject({
      steps: [
        { module: 'membership', from: null, to: '1.0.0', change: 'install' },
        { module: 'finance', from: '1.0.0', to: '2.0.0', change: 'upgrade' },
      ],
    });
  });

  test.each([
    [undefined, 1],
    [3, 4],
  ])('to uninstall it archives it: after %s archives, as number %s', (archives, archive) => {
    const plan = planChange(change('uninstall'), facts(catalog, [has('finance', archives === undefined ? {} : { archives })]));
    expect(plan).toMatchObject({ steps: [{ from: '1.0.0', to: null, change: 'uninstall', archive }] });
  });

  test('to uninstall it is refused while something that stays needs it, and takes both when both are named', () => {
    const has2 = [has('membership'), has('finance')];
    const all = [needing('^1.0'), aModule('membership')];
    expect(planChange(change('uninstall', 'membership'), facts(all, has2))).toMatchObject({ reason: 'dependents-in-the-way' });
    const both = { kind: 'uninstall', modules: [{ module: 'membership' }, { module: 'finance' }] } as const;
    expect(planChange(both, facts(all, has2))).toMatchObject({ steps: [{ module: 'finance' }, { module: 'membership' }] });
  });

  test.each(['upgrade', 'downgrade', 'uninstall'] as const)('to %s what is not installed is refused', (kind) => {
    expect(planChange(change(kind, 'finance', kind === 'downgrade' ? '1.0.0' : undefined), facts(catalog))).toMatchObject({
      reason: 'not-installed',
    });
  });

  test.each(['upgrade', 'downgrade', 'uninstall'] as const)('to %s what is archived is refused: it is not installed', (kind) => {
    const range = kind === 'uninstall' ? undefined : '^1.0';
    expect(planChange(change(kind, 'finance', range), facts(catalog, [archived()]))).toMatchObject({ reason: 'not-installed' });
  });
});

describe('A module in a job’s hands', () => {
  test.each(kinds)('is not changed by another: %s names the job in the way', (kind) => {
    const plan = planChange(change(kind), facts(versions('finance', '1.0.0', '2.0.0'), [held('finance')], [holder('upgrade', 'finance')]));
    expect(plan).toMatchObject({ kind: 'conflict', reason: 'job-in-the-way', facts: { module: 'finance', jobId: 'J2' } });
  });

  test.each(kinds)('that needs a person is not changed by %s either, which names the job to retry or settle', (kind) => {
    const stuck = held('finance', { status: 'ManualIntervention' });
    const plan = planChange(change(kind), facts(versions('finance', '1.0.0', '2.0.0'), [stuck]));
    expect(plan).toMatchObject({ kind: 'conflict', reason: 'needs-intervention', facts: { jobId: 'J2' } });
  });

  test.each(['install', 'upgrade', 'uninstall'] as const)('by %s is leant on by nobody until that job has ended', (kind) => {
    const { version: _none, ...absent } = held('membership');
    const tenantModules = [kind === 'install' ? absent : held('membership')];
    const job = holder(kind, 'membership');
    const catalog = [needing('>=1.0.0'), ...versions('membership', '1.0.0', '2.0.0')];
    expect(planChange(change('install'), facts(catalog, tenantModules, [job]))).toMatchObject({
      reason: 'job-in-the-way',
      facts: { module: 'membership', jobId: 'J2' },
    });
  });

  test('that is being installed needs already what it will need: that is not taken away', () => {
    const { version: _none, ...coming } = held('finance');
    const all = [needing('^1.0'), aModule('membership')];
    const plan = planChange(change('uninstall', 'membership'), facts(all, [has('membership'), coming], [holder('install', 'finance')]));
    expect(plan).toMatchObject({ reason: 'dependents-in-the-way', facts: { dependents: ['finance'] } });
  });

  test.each(['uninstall', 'upgrade'] as const)('that would be back, if that job fails, keeps what it needs then: %s is refused', (kind) => {
    const free = aModule('finance', { version: '2.0.0' });
    const catalog = [needing('^1.0'), free, ...versions('membership', '1.0.0', '2.0.0')];
    const tenantModules = [has('membership'), held('finance')];
    expect(planChange(change(kind, 'membership'), facts(catalog, tenantModules, [holder('upgrade', 'finance')]))).toMatchObject({
      reason: 'job-in-the-way',
      facts: { module: 'finance', jobId: 'J2' },
    });
  });

  test('that could do without keeps nothing from being taken away', () => {
    const catalog = [needing('^1.0', true), aModule('finance', { version: '2.0.0' }), aModule('membership')];
    const plan = planChange(
      change('uninstall', 'membership'),
      facts(catalog, [has('membership'), held('finance')], [holder('upgrade', 'finance')]),
    );
    expect(plan).toMatchObject({ steps: [{ module: 'membership', to: null }] });
  });

  test('keeps no other module from being changed', () => {
    const catalog = [...versions('finance', '1.0.0', '2.0.0'), aModule('calendar')];
    const plan = planChange(change('install', 'calendar'), facts(catalog, [held('finance')], [holder('upgrade', 'finance')]));
    expect(plan).toMatchObject({ steps: [{ module: 'calendar' }] });
  });
  test('that would change what a job has in its hands is refused, though of that module only its versions are known', () => {
    const dependencies = [{ module: 'membership', range: '^2.0', optional: true }];
    const catalog = [aModule('calendar', { dependencies }), ...versions('membership', '1.0.0', '2.0.0')];
    const held = has('membership', { status: 'Changing', jobId: 'J9' });
    const { modules, ...known } = facts(catalog, [held]);
    const calendar = modules.get('calendar');
    const plan = planChange(change('install', 'calendar'), { ...known, modules: new Map(calendar ? [['calendar', calendar]] : []) });

    expect(plan).toMatchObject({ reason: 'job-in-the-way', facts: { jobId: 'J9' } });
  });
});

describe('What counts as present while jobs are under way', () => {
  test.each([
    ['install', { version: undefined }, [{ module: 'finance', version: '1.0.0' }]],
    ['upgrade', {}, [{ module: 'finance', version: '2.0.0' }]],
    ['uninstall', {}, [{ module: 'finance', version: '1.0.0' }]],
    ['restore', { version: undefined }, [{ module: 'finance', version: '1.0.0' }]],
    ['purge', { version: undefined }, []],
  ] as const)('during an %s', (kind, { version = '1.0.0', ...more }: { version?: string | undefined }, standing) => {
    const { version: _own, ...bare } = held('finance');
    const tenantModule = kind === 'upgrade' || kind === 'uninstall' ? { ...bare, version, ...more } : bare;
    expect(standingOf({ tenantModules: [tenantModule], holders: [holder(kind, 'finance')] })).toEqual(standing);
  });
});

describe('Planning what becomes of an archive', () => {
  const catalog = versions('finance', '1.0.0', '2.0.0', '3.0.0');

  test('restores it as it was, whatever is newest or may not be installed any more', () => {
    const withdrawn = [aModule('finance', { status: 'withdrawn' }, { serves: '>=1.0.0' }), ...versions('finance', '2.0.0')];
    expect(planChange(change('restore'), facts(withdrawn, [archived()]))).toEqual({
      warnings: [],
      steps: [
        {
          ...{ module: 'finance', change: 'restore', from: '1.0.0', to: '1.0.0', archive: 1 },
          ...{ migratorArn: 'arn:finance:live', why: 'requested; as it was archived' },
        },
      ],
    });
  });

  test.each([
    ['>=2.0.0', '2.0.0'],
    ['>=2.5.0', '3.0.0'],
  ])('restores it, where the deployed code works with %s, to %s', (serves, to) => {
    const deployed = catalog.map(({ module, version }) => ({ module: { ...module, serves }, version }));
    const plan = planChange(change('restore'), facts(deployed, [archived()]));
    expect(plan).toMatchObject({ steps: [{ from: '1.0.0', to, why: 'requested; 1.0.0 is not served any more, so it is migrated' }] });
  });

  test('does not restore it where no published version leads to what the deployed code works with', () => {
    const serves = '>=4.0.0';
    const deployed = [aModule('finance', {}, { serves }), aModule('finance', { version: '4.0.0', status: 'draft' }, { serves })];
    expect(planChange(change('restore'), facts(deployed, [archived()]))).toMatchObject({
      kind: 'unprocessable',
      reason: 'not-served',
      facts: { version: '1.0.0', serves: '>=4.0.0' },
    });
  });

  test.each([
    ['missing-dependency', '^1.0', []],
    ['dependency-conflict', '^2.0', [has('membership')]],
  ] as const)('does not restore it without what it needs: %s', (reason, range, others) => {
    expect(planChange(change('restore'), facts([needing(range)], [archived(), ...others]))).toMatchObject({
      reason,
      facts: { dependency: 'membership', range },
    });
  });

  test.each([
    ['what it needs is there', '^1.0', false, [has('membership')]],
    ['what it could use is not there', '^1.0', true, []],
  ] as const)('restores it where %s', (_, range, optional, others) => {
    expect(planChange(change('restore'), facts([needing(range, optional)], [archived(), ...others]))).toHaveProperty('steps');
  });

  test('does not restore it where it could use something that is there in a version that does not fit', () => {
    expect(planChange(change('restore'), facts([needing('^2.0', true)], [archived(), has('membership')]))).toMatchObject({
      reason: 'dependency-conflict',
    });
  });

  test('does not restore it on a module that another job is changing', () => {
    const plan = planChange(change('restore'), facts([needing('^1.0'), aModule('membership')], [archived(), held('membership')]));
    expect(plan).toMatchObject({ reason: 'job-in-the-way', facts: { module: 'membership' } });
  });

  test.each(['install', 'upgrade'] as const)('asks which is meant where an %s would bring anew what is archived', (kind) => {
    const later = aModule('finance', { version: '2.0.0', dependencies: [{ module: 'membership', range: '^1.0', optional: false }] });
    const tenantModules = [archived('membership'), ...(kind === 'upgrade' ? [has('finance')] : [])];
    const plan = planChange(change(kind), facts([...versions('finance', '1.0.0'), later, aModule('membership')], tenantModules));
    expect(plan).toMatchObject({ kind: 'conflict', reason: 'archived', facts: { module: 'membership', version: '1.0.0' } });
  });

  test('purges it by its number', () => {
    const seventh = archived('finance', { archives: 7, archive: { ...archiveOf(archived()), number: 7 } });
    expect(planChange(change('purge'), facts(catalog, [seventh]))).toMatchObject({
      steps: [{ change: 'purge', from: '1.0.0', to: null, archive: 7 }],
    });
  });

  test.each(['restore', 'purge'] as const)('refuses a %s of what was never archived, and of what is installed', (kind) => {
    expect(planChange(change(kind), facts(catalog))).toMatchObject({ kind: 'conflict', reason: 'no-archive' });
    expect(planChange(change(kind), facts(catalog, [has('finance')]))).toMatchObject({ kind: 'conflict', reason: 'still-installed' });
  });
});

test.each(['restore', 'purge'] as const)('Planning a %s of several modules at once is refused: none is left out in silence', (kind) => {
  const modules = [{ module: 'finance' }, { module: 'calendar' }];
  expect(planChange({ kind, modules }, facts(versions('finance', '1.0.0'), [archived(), archived('calendar')]))).toMatchObject({
    kind: 'unprocessable',
    reason: 'one-at-a-time',
  });
});

test.each(['uninstall', 'restore', 'purge'] as const)('Planning %s of a version is refused: there is none to choose', (kind) => {
  const tenantModules = [kind === 'uninstall' ? has('finance') : archived()];
  expect(
    planChange({ kind, modules: [{ module: 'finance', range: '1.0.0' }] }, facts(versions('finance', '1.0.0'), tenantModules)),
  ).toEqual({
    kind: 'unprocessable',
    reason: 'no-version-to-choose',
    message: expect.stringMatching(new RegExp(`^${kind} of finance takes the version that .*; leave out `)),
    facts: { module: 'finance' },
  });
});

test.each(['uninstall', 'restore', 'purge'] as const)(
  'Planning %s of what is not in the catalog any more is a defect with words',
  (kind) => {
    const tenantModules = [kind === 'uninstall' ? has('finance') : archived()];
    expect(() => planChange({ kind, modules: [{ module: 'finance' }] }, facts([], tenantModules))).toThrow(
      /^finance is not in the catalog/,
    );
  },
);

const archiveOf = ({ archive }: TenantModule) => {
  if (!archive) throw new Error('it is archived');
  return archive;
};

describe('A plan that no job could hold', () => {
  const chain = (length: number): readonly Entry[] =>
    Array.from({ length }, (_, n) =>
      aModule(`m${n}`, { dependencies: n + 1 < length ? [{ module: `m${n + 1}`, range: '^1.0', optional: false }] : [] }),
    );

  test('is refused from 41 steps on', () => {
    expect(planChange(change('install', 'm0'), facts(chain(40)))).toMatchObject({ steps: { length: 40 } });
    expect(planChange(change('install', 'm0'), facts(chain(41)))).toMatchObject({
      kind: 'unprocessable',
      reason: 'plan-too-large',
      facts: { steps: 41, stepsMax: 40 },
    });
  });

  test('is refused where steps and configurations together do not fit into one transaction', () => {
    const configured = (count: number) => ({
      ...change('install', 'm0'),
      configurations: Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, {}])),
    });
    expect(planChange(configured(6), facts(chain(40)))).toMatchObject({ steps: { length: 40 } });
    expect(planChange(configured(7), facts(chain(40)))).toMatchObject({
      reason: 'plan-too-large',
      facts: { steps: 40, configurations: 7, stepsAndConfigurationsMax: 46 },
    });
  });
});
