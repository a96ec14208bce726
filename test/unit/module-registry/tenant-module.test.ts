import { describe, expect, test } from '@jest/globals';
import type { Job, JobModule, ModuleJobKind } from '../../../contexts/module-registry/domain/job.ts';
import { moved } from '../../../contexts/module-registry/domain/job.ts';
import { isUsable, type TenantModule, tenantModuleAfter } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { aChange, archiveDays, beforeChange, jobId, before as stoodSince } from '../../support/module-job.ts';
import { aJob, completed, evolved, failed, rollingBack, stuck, through, timing, turned, validating, working } from './a-job.ts';

const changeOf = (kind: ModuleJobKind): JobModule => ({ ...aChange(kind), progress: { applied: 0, total: 0 } });
const stood = (kind: ModuleJobKind): TenantModule | undefined => {
  const found = beforeChange(aChange(kind));
  return found && { ...found, tenantId: 't' };
};
/** What a job has made of finance, which was there as such a job finds it. */
const made = (job: Job, kind: ModuleJobKind, configuration?: TenantModule['configuration']) =>
  tenantModuleAfter(job, changeOf(kind), stood(kind), { archiveDays, ...(configuration ? { configuration } : {}) });

const kinds: readonly ModuleJobKind[] = ['install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge'];
const undone = kinds.filter((kind) => kind !== 'purge');
const cancelled = (job: Job) => moved(job, 'Cancelled', 'Cancelled', timing);

describe('While a job changes a module', () => {
  test.each(kinds)('by %s, it is in that job’s hands, and all else is as it was', (kind) => {
    const pending = aJob(kind);
    const open = [pending, through(pending, validating), through(pending, validating, working)];
    const all = kind === 'purge' ? open : [...open, through(pending, validating, working, rollingBack)];
    const leaving = kind === 'uninstall' ? { leaving: true } : {};
    const held = { configuration: {}, tenantId: 't', module: 'finance', ...stood(kind), ...leaving, status: 'Changing', jobId };
    for (const job of all) expect(made(job, kind)).toEqual(held);
  });

  test.each([
    ['install', false],
    ['upgrade', true],
    ['downgrade', true],
    ['uninstall', false],
    ['restore', false],
    ['purge', false],
  ] as const)('by %s, tenants can use it: %s', (kind, usable) => {
    const module = made(through(aJob(kind), validating, working), kind);
    expect(module && isUsable(module)).toBe(usable);
  });
});

describe('A job that came to nothing', () => {
  test.each(undone)('(%s), rolled back or refused, leaves the module as it found it', (kind) => {
    const ends = [through(aJob(kind), validating, working, rollingBack, failed), through(aJob(kind), validating, failed)];
    for (const job of ends) expect(made(job, kind)).toEqual(stood(kind));
  });

  test.each(kinds)('(%s), called off before it began, leaves the module as it found it', (kind) => {
    expect(made(evolved(aJob(kind), cancelled(aJob(kind))), kind)).toEqual(stood(kind));
  });
});

describe('A job that needs a person', () => {
  test.each(kinds)('(%s) keeps the module locked, with the version that stood', (kind) => {
    const job =
      kind === 'purge' ? through(aJob(kind), validating, working, stuck) : through(aJob(kind), validating, working, rollingBack, stuck);
    const module = made(job, kind);
    expect(module).toMatchObject({ status: 'ManualIntervention', jobId });
    expect([module?.version, module?.archive]).toEqual([stood(kind)?.version, stood(kind)?.archive]);
    expect(module && isUsable(module)).toBe(false);
  });
});

describe('A job that is done', () => {
  const done = (kind: ModuleJobKind) => through(aJob(kind), validating, working, completed);
  const since = { installedAt: stoodSince, installedBy: 'J0' };

  test('leaves what it installs Active, since then and by that job', () => {
    expect(made(done('install'), 'install')).toEqual({
      ...{ tenantId: 't', module: 'finance', configuration: {} },
      ...{ status: 'Active', version: '1.0.0', installedAt: timing.at, installedBy: jobId },
    });
  });

  test.each([
    ['upgrade', '2.0.0'],
    ['downgrade', '1.0.0'],
  ] as const)('leaves after an %s the other version, installed when it first was', (kind, version) => {
    expect(made(done(kind), kind)).toEqual({ ...stood(kind), version, installedBy: jobId });
    expect(made(through(aJob(kind), validating, working, rollingBack, turned, completed), kind)).toMatchObject({
      status: 'Active',
      version,
    });
  });

  test('leaves an archive of what it uninstalls: its version, its configuration, and until when it is kept', () => {
    expect(made(done('uninstall'), 'uninstall')).toEqual({
      ...{ tenantId: 't', module: 'finance', configuration: { currency: 'CHF' }, ...since },
      ...{ status: 'Archived', archives: 1 },
      archive: { number: 1, version: '1.0.0', at: timing.at, expiresAt: new Date(timing.at.getTime() + archiveDays * 86_400_000) },
    });
  });

  test('leaves what it restores Active, without the archive, and remembers its number', () => {
    expect(made(done('restore'), 'restore')).toEqual({
      ...{ tenantId: 't', module: 'finance', configuration: { currency: 'CHF' }, archives: 1 },
      ...{ status: 'Active', version: '1.0.0', installedAt: stoodSince, installedBy: jobId },
    });
  });

  test('leaves nothing of what it purges', () => {
    expect(made(done('purge'), 'purge')).toBeUndefined();
  });

  test.each(['install', 'upgrade', 'downgrade'] as const)('(%s) brings the configuration that was asked for, if any', (kind) => {
    expect(made(done(kind), kind, { currency: 'USD' })?.configuration).toEqual({ currency: 'USD' });
    expect(made(done(kind), kind)?.configuration).toEqual(stood(kind)?.configuration ?? {});
  });

  test('judges each module of a mixed plan by what becomes of it', () => {
    const job = done('install');
    const others = [changeOf('upgrade'), changeOf('install')].map((change) =>
      tenantModuleAfter(job, change, change.from === null ? undefined : stood('upgrade'), { archiveDays }),
    );
    expect(others).toMatchObject([
      { status: 'Active', version: '2.0.0', installedAt: stoodSince },
      { status: 'Active', version: '1.0.0', installedAt: timing.at },
    ]);
  });
});
