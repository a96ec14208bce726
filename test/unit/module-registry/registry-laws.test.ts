import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as semver from 'semver';
import { makeCancelJob, makeRetryJob, makeSettleJob } from '../../../contexts/module-registry/application/decide-job.ts';
import { makeModuleSteps } from '../../../contexts/module-registry/application/module-steps.ts';
import { makeReconcileExecution } from '../../../contexts/module-registry/application/reconcile.ts';
import { makeRequestChange } from '../../../contexts/module-registry/application/request-change.ts';
import { hasEnded, type Job } from '../../../contexts/module-registry/domain/job.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { anEmptyRegistry, error } from './registry-under-test.ts';

/** Whatever is asked of a registry, in whatever order its jobs come to their ends: what always holds. */

const needs = (range: string, optional = false) => [{ module: 'membership', range, optional }];
const serves = { serves: '>=1.0.0' };
const catalog = [
  ...['1.0.0', '1.5.0', '2.0.0'].map((version) => aModule('membership', { version }, serves)),
  aModule('finance', { version: '1.0.0', dependencies: needs('^1.0') }, serves),
  aModule('finance', { version: '1.5.0' }, serves),
  aModule('finance', { version: '2.0.0', dependencies: needs('^2.0') }, serves),
  aModule('calendar', { dependencies: needs('>=1.5', true) }, serves),
];

const kind = fc.constantFrom('install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge');
const module = fc.constantFrom('membership', 'finance', 'calendar');
const range = fc.constantFrom(undefined, undefined, '1.0.0', '1.5.0', '2.0.0');
const wishes = fc.uniqueArray(fc.record({ module, range }), {
  minLength: 1,
  maxLength: 2,
  size: 'xsmall',
  selector: (wish) => wish.module,
});
const asking = fc.record({ act: fc.constant('ask' as const), kind, wishes });
const byHand = ['cancel', 'retry', 'settle as done', 'settle as undone'] as const;
const acting = fc.record({
  act: fc.constantFrom(...(['finish', 'finish', 'validate', 'complete', 'undo', 'undone', 'stuck', 'lost'] as const), ...byHand),
  job: fc.nat(20),
});
const anything = fc.array(fc.oneof(asking, { weight: 3, arbitrary: acting }), { maxLength: 30, size: 'max' });
/** What the tenant has at first. */
const start = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { membership: '1.0.0', finance: '1.0.0' },
  { membership: '1.5.0', finance: '1.0.0', calendar: '1.0.0' },
  { membership: '1.5.0', finance: '1.5.0', calendar: '1.0.0' },
  { membership: '2.0.0', finance: '2.0.0' },
);
type Act = typeof anything extends fc.Arbitrary<(infer A)[]> ? A : never;

const aWorld = (standing: Readonly<Record<string, string>>) => {
  const it = anEmptyRegistry(catalog);
  for (const [name, version] of Object.entries(standing))
    it.state.modules.set(name, { tenantId, module: name, status: 'Active', version, configuration: {} });
  const steps = makeModuleSteps(it.ports);
  const [cancel, retry, settle] = [makeCancelJob(it.ports), makeRetryJob(it.ports), makeSettleJob(it.ports)];
  const of = (job: Job) => ({ jobId: job.id, attempt: job.attempt });
  const stored = (job: Job): Job => it.state.jobs.get(job.id) ?? job;
  const undone = async (job: Job) => {
    for (const { module: name } of job.modules.toReversed()) await steps.rolledBack({ ...of(job), module: name, done: true });
  };
  const acts: Readonly<Record<Exclude<Act['act'], 'ask'>, (job: Job) => Promise<unknown>>> = {
    validate: (job) => steps.validate(of(job)),
    complete: async (job) =>
      ['Pending', 'Validating', 'RollingBack'].includes(job.state) || hasEnded(job) ? undefined : steps.complete(of(job)),
    finish: async (job) => {
      if (job.state === 'Pending') await acts.validate(job);
      await acts.complete(stored(job));
    },
    undo: (job) => steps.beginRollback({ ...of(job), error }),
    undone: async (job) => (job.state === 'RollingBack' ? undone(job) : undefined),
    stuck: (job) => steps.needIntervention({ ...of(job), error }),
    lost: (job) => makeReconcileExecution(it.ports)(of(job)),
    cancel: (job) => cancel({ jobId: job.id, actor: 'ada' }),
    retry: (job) => retry({ jobId: job.id, actor: 'ada' }),
    'settle as done': (job) => settle({ jobId: job.id, actor: 'ada', as: 'done' }),
    'settle as undone': (job) => settle({ jobId: job.id, actor: 'ada', as: 'undone' }),
  };
  const ask = ({ kind: change, wishes: modules }: Extract<Act, { act: 'ask' }>) =>
    makeRequestChange(it.ports)({
      ...{ tenantId, kind: change, actor: 'ada', configurations: {}, acceptDataLoss: true, waiveGracePeriod: true },
      modules: modules.map(({ range: wanted, ...wish }) => (wanted === undefined ? wish : { ...wish, range: wanted })),
      confirm: modules[0]?.module ?? '',
    });
  const act = async (next: Act): Promise<void> => {
    const jobs = [...it.state.jobs.values()];
    const job = 'job' in next ? jobs[next.job % Math.max(1, jobs.length)] : undefined;
    try {
      if (next.act === 'ask') await ask(next);
      else if (job) await acts[next.act](job);
    } catch (refused) {
      if (!(refused instanceof Error) || (refused.name !== 'Refused' && refused.name !== 'Malformed')) throw refused;
    }
  };
  return { state: it.state, act };
};

type World = ReturnType<typeof aWorld>;
const holds = (job: Job): boolean => !hasEnded(job) || job.state === 'ManualIntervention';

/** The versions in which a module may be there once all jobs have ended, whichever way they end; undefined: it may be absent. */
const ends = ({ state }: World, name: string): readonly (string | undefined)[] => {
  const found = state.modules.get(name);
  const job = found?.jobId === undefined ? undefined : state.jobs.get(found.jobId);
  const change = job?.modules.find((one) => one.module === name);
  if (!change) return [found?.version];
  return [found?.version, change.to ?? undefined];
};

const unmet = (world: World, name: string, version: string): readonly string[] =>
  (catalog.find((entry) => entry.version.module === name && entry.version.version === version)?.version.dependencies ?? []).flatMap(
    ({ module: needed, range: wanted, optional }) => {
      const own = world.state.modules.get(name)?.jobId;
      if (own !== undefined && own === world.state.modules.get(needed)?.jobId) return [];
      const possible = ends(world, needed);
      const met = possible.every((one) => (one === undefined ? optional : semver.satisfies(one, wanted)));
      return met ? [] : [`${name} ${version} needs ${needed} ${wanted}, which may end as ${possible.join(' or ')}`];
    },
  );

const check = (world: World): void => {
  const modules: readonly TenantModule[] = [...world.state.modules.values()];
  for (const { module: name, status, version, jobId, archive, archives } of modules) {
    const job = jobId === undefined ? undefined : world.state.jobs.get(jobId);
    expect([name, status === 'Changing' || status === 'ManualIntervention']).toEqual([name, job !== undefined && holds(job)]);
    if (status === 'Active') expect([name, version === undefined, archive]).toEqual([name, false, undefined]);
    if (status === 'Archived') expect([name, version, archive?.number]).toEqual([name, undefined, archives]);
  }
  for (const job of world.state.jobs.values())
    if (holds(job))
      expect(job.modules.map((change) => world.state.modules.get(change.module)?.jobId)).toEqual(job.modules.map(() => job.id));
  const broken = modules.flatMap(({ module: name }) =>
    ends(world, name).flatMap((version) => (version ? unmet(world, name, version) : [])),
  );
  expect(broken).toEqual([]);
};

describe('Whatever is asked, and however jobs end', () => {
  test('a module is in the hands of exactly the job that says so, and no end of any job leaves a module without what it needs', async () => {
    await fc.assert(
      fc.asyncProperty(start, anything, async (standing, acts) => {
        const world = aWorld(standing);
        for (const next of acts) {
          await world.act(next);
          check(world);
        }
      }),
      { numRuns: 500 },
    );
  });
});
