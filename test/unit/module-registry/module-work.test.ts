import { describe, expect, test } from '@jest/globals';
import {
  contractStep,
  contractWork,
  currentModule,
  firstWork,
  phases,
  workAfter,
} from '../../../contexts/module-registry/application/module-work.ts';
import type { WorkFacts } from '../../../contexts/module-registry/application/ports.ts';
import { evolve, type Job, type JobEvent, type ModuleJobKind, requestJob } from '../../../contexts/module-registry/domain/job.ts';
import { aModule, makeMemoryRegistry, tenantId } from '../../support/memory-registry.ts';
import { aChange, type Change, jobId } from '../../support/module-job.ts';
import { rollingBack, timing, turned, validating, working } from './a-job.ts';

const hooks = ['preInstall', 'postInstall', 'preUpgrade', 'postUpgrade', 'preUninstall', 'postUninstall'] as const;
const full = { migrations: { landlord: 3, tenant: 4 }, seeds: true, hooks: [...hooks] };

/** A job at work on these changes, and what its steps read. */
const aWork = async (changes: readonly Change[], more: Parameters<typeof aModule>[1] = full) => {
  const memory = makeMemoryRegistry();
  for (const { module } of changes)
    for (const version of ['1.0.0', '2.0.0']) memory.state.catalog.push(aModule(module, { version, ...more }, { landlordMigration: 1 }));
  const about = { id: jobId, kind: changes[0]?.change ?? ('install' as const), tenantId, tenantSlug: 'acme', modules: changes };
  const { job } = requestJob({ ...about, requested: ['finance'], fence: 2, requestedBy: 'ada', attemptsMax: 3 }, timing);
  const wanted = changes.map(({ module, from, to }) => ({ module, version: to ?? from ?? '' }));
  const facts = await memory.facts.read(tenantId, wanted);
  return { job: through(job, validating, working), facts };
};

const through = (job: Job, ...steps: readonly ((job: Job) => readonly JobEvent[])[]): Job =>
  steps.reduce((at, step) => step(at).reduce(evolve, at), job);
const progressed = (job: Job, module: string, applied: number, total: number): Job => ({
  ...job,
  modules: job.modules.map((change) => (change.module === module ? { ...change, progress: { applied, total } } : change)),
});
const ended = (job: Job, module: string): Job => ({ ...job, stepEnds: { ...job.stepEnds, [contractStep(module)]: timing.at } });

/** All pieces of work in order, as a workflow comes to them. */
const pieces = (job: Job, facts: WorkFacts): readonly string[] => {
  const all: string[] = [];
  let next: ReturnType<typeof workAfter> = firstWork(job, facts);
  while (next && all.length < 20) {
    all.push(`${next.phase} ${next.current.module}`);
    next = workAfter(job, facts, { phase: next.phase, module: next.current.module });
  }
  return all;
};

describe('The work of a job', () => {
  test('is to change every module, then to run the post hooks, then to commit what cannot be undone', async () => {
    const { job, facts } = await aWork([aChange('upgrade', 'membership'), aChange('upgrade')]);
    const pending = progressed(progressed(job, 'membership', 3, 4), 'finance', 3, 4);
    expect(pieces(pending, facts)).toEqual(phases.flatMap((phase) => ['membership', 'finance'].map((module) => `${phase} ${module}`)));
  });

  test('has a contract phase only where something is left that can only be committed', async () => {
    const { job, facts } = await aWork([aChange('upgrade', 'membership'), aChange('upgrade')]);
    expect(contractWork(progressed(job, 'finance', 4, 4), facts)).toBeUndefined();
    expect(contractWork(progressed(job, 'finance', 3, 4), facts)).toMatchObject({ phase: 'contract', current: { module: 'finance' } });
    expect(contractWork(ended(progressed(job, 'finance', 3, 4), 'finance'), facts)).toBeUndefined();
  });

  test('of a downgrade is done in the contract phase', async () => {
    const { job, facts } = await aWork([aChange('downgrade')]);
    expect(pieces(job, facts)).toEqual(['change finance', 'contract finance']);
    expect(contractWork(ended(job, 'finance'), facts)).toBeUndefined();
  });

  test.each(['uninstall', 'purge'] as const)('of an %s commits nothing in a phase of its own', async (kind) => {
    const { job, facts } = await aWork([aChange(kind)]);
    expect(contractWork(progressed(job, 'finance', 0, 4), facts)).toBeUndefined();
  });

  test('on a version that the catalog does not have is a defect', async () => {
    const { job, facts } = await aWork([aChange('upgrade')]);
    expect(() => firstWork(job, { ...facts, versions: [] })).toThrow(expect.objectContaining({ name: 'Defect' }));
  });
});

describe('What the state machine is told of a module', () => {
  const told = async (kind: ModuleJobKind, more?: Parameters<typeof aModule>[1]) => {
    const { job, facts } = await aWork([aChange(kind)], more);
    const { landlordPending, seeds, preHook, postHook, undo, stands, archive, standingArchive } = firstWork(job, facts).current;
    return [landlordPending, seeds, preHook, postHook, undo, stands, archive, standingArchive];
  };

  test.each([
    ['install', [true, true, 'preInstall', 'postInstall', 'migrations', false, null, null]],
    ['upgrade', [true, false, 'preUpgrade', 'postUpgrade', 'migrations', true, null, null]],
    ['downgrade', [false, false, 'none', 'none', 'migrations', true, null, null]],
    ['uninstall', [false, false, 'preUninstall', 'postUninstall', 'archive', true, 1, null]],
    ['restore', [true, false, 'none', 'none', 'restore', true, 1, 1]],
    ['purge', [false, false, 'none', 'none', 'migrations', true, 1, 1]],
  ] as const)('for an %s', async (kind, expected) => {
    expect(await told(kind)).toEqual(expected);
  });

  test('whose version has no landlord migration left, no seed and no hooks', async () => {
    const bare = { migrations: { landlord: 1, tenant: 4 }, seeds: false, hooks: [] };
    expect(await told('install', bare)).toEqual([false, false, 'none', 'none', 'migrations', false, null, null]);
  });

  test('carries the fence of the direction in which the job goes', async () => {
    const { job, facts } = await aWork([aChange('upgrade')]);
    const fences = [job, through(job, rollingBack), through(job, rollingBack, turned)].map((at) => firstWork(at, facts).current.fence);
    expect(fences).toEqual([8, 9, 10]);
  });

  test('is the last one where only the contract phase can follow; undoing ends with the first', async () => {
    const { job, facts } = await aWork([aChange('upgrade', 'membership'), aChange('upgrade')], { ...full, hooks: [] });
    const lasts = (at: Job) => at.modules.map((change) => currentModule(at, change, facts).last);
    expect([lasts(job), lasts(through(job, rollingBack))]).toEqual([
      [false, true],
      [true, false],
    ]);
    const hooked = await aWork([aChange('upgrade', 'membership'), aChange('upgrade')]);
    expect(hooked.job.modules.map((change) => currentModule(hooked.job, change, hooked.facts).last)).toEqual([false, false]);
  });
});
