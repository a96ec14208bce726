import { describe, expect, test } from '@jest/globals';
import { makePurgeArchivesDue } from '../../../contexts/module-registry/application/purge-archives.ts';
import { makeRequestChange } from '../../../contexts/module-registry/application/request-change.ts';
import { aModule } from '../../support/memory-registry.ts';
import { aChange, beforeChange } from '../../support/module-job.ts';
import { anEmptyRegistry } from './registry-under-test.ts';

/** A tenant with archives of these modules, whose time came the day before. */
const withArchives = (...modules: readonly string[]) => {
  const it = anEmptyRegistry(modules.map((name) => aModule(name)));
  for (const module of modules) {
    const archived = beforeChange(aChange('purge', module));
    if (archived) it.state.modules.set(module, archived);
  }
  const requestChange = makeRequestChange(it.ports);
  return { ...it, requestChange, sweep: () => makePurgeArchivesDue({ ...it.ports, requestChange })() };
};

const expiring = (it: ReturnType<typeof withArchives>, module: string, expiresAt: Date): void => {
  const found = it.state.modules.get(module);
  if (found?.archive) it.state.modules.set(module, { ...found, archive: { ...found.archive, expiresAt } });
};

describe('The sweep for archives whose time has come', () => {
  test('asks for the purge of each, by the system, without confirmation or grace', async () => {
    const it = withArchives('finance', 'calendar');
    const { requested, failed } = await it.sweep();
    expect([requested.length, failed]).toEqual([2, []]);
    expect([...it.state.jobs.values()].map(({ kind, requested: names, requestedBy }) => [kind, names, requestedBy])).toEqual([
      ['purge', ['finance'], 'system'],
      ['purge', ['calendar'], 'system'],
    ]);
  });

  test('leaves alone what is kept longer, and what it has asked for already', async () => {
    const it = withArchives('finance', 'calendar');
    expiring(it, 'calendar', new Date('2027-01-01T00:00:00Z'));
    expect((await it.sweep()).requested).toHaveLength(1);
    expect((await it.sweep()).requested).toEqual([]);
    expect(it.state.jobs.size).toBe(1);
  });

  test('goes on with the next where one cannot be asked for, and tells of it', async () => {
    const it = withArchives('finance', 'calendar');
    const broken = new Error('the catalog cannot be read');
    const requestChange: typeof it.requestChange = async (change) => {
      if (change.modules[0]?.module === 'finance') throw broken;
      return it.requestChange(change);
    };
    const { requested, failed } = await makePurgeArchivesDue({ ...it.ports, requestChange })();
    expect([requested.length, failed]).toEqual([1, [expect.objectContaining({ module: 'finance', error: broken })]]);
  });
});
