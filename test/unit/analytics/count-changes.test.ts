import { describe, expect, test } from '@jest/globals';
import { makeCountChanges, type SeenModule } from '../../../contexts/analytics/application/count-changes.ts';
import type { Counter } from '../../../contexts/analytics/application/ports.ts';
import type { EndedJob, PlannedChange } from '../../../contexts/analytics/domain/tally.ts';
import { Contended } from '../../../contexts/shared/domain/errors.ts';
import { makeMemoryCounter } from '../../support/memory-counter.ts';

const at = new Date('2026-01-31T23:59:59.999Z');
const january = { from: '2026-01-01', to: '2026-01-31' };
const installs = (module: string): PlannedChange => ({ module, from: null, to: '1.0.0' });

const aCount = (counter = makeMemoryCounter()) => ({ counter, count: makeCountChanges({ counter, clock: { now: () => at } }) });
const anEnd = (eventId: string, end: Partial<EndedJob> = {}): EndedJob => ({
  eventId,
  at,
  kind: 'install',
  outcome: 'done',
  changes: [installs('finance')],
  ...end,
});
const seen = (tenantId: string, version: string | null, status = 'Active', module = 'finance'): SeenModule => ({
  tenantId,
  module,
  now: { tenantId, module, version, status },
});
const gone = (tenantId: string): SeenModule => ({ tenantId, module: 'finance' });

describe('The end of a job', () => {
  test('is counted on its day, once for each module of the plan', async () => {
    const { counter, count } = aCount();
    await count({ ends: [anEnd('e1', { changes: [installs('membership'), installs('finance')] })], modules: [] });
    expect(await counter.days(january)).toEqual([
      { of: 'day', day: '2026-01-31', module: 'finance', flow: 'install', outcome: 'done', count: 1 },
      { of: 'day', day: '2026-01-31', module: 'membership', flow: 'install', outcome: 'done', count: 1 },
    ]);
  });

  test('is not counted again, whether it comes again in the same batch or in a later one', async () => {
    const { counter, count } = aCount();
    const first = await count({ ends: [anEnd('e1'), anEnd('e1')], modules: [] });
    const second = await count({ ends: [anEnd('e1'), anEnd('e2')], modules: [] });
    expect([first.ends, second.ends]).toEqual([1, 1]);
    expect(await counter.days(january)).toMatchObject([{ count: 2 }]);
  });

  test('names the flow of each module, not of the job: an install may bring an upgrade', async () => {
    const plan = [
      { module: 'cards', from: '1.9.0', to: '1.10.0' },
      { module: 'events', from: '2.0.0', to: '1.0.0' },
      { module: 'finance', from: null, to: '1.0.0' },
      { module: 'votes', from: '1.0.0', to: null },
    ];
    const { counter, count } = aCount();
    await count({ ends: [anEnd('e1', { changes: plan })], modules: [] });
    const flows = (await counter.days(january)).map(({ module, flow }) => `${module} ${flow}`);
    expect(flows).toEqual(['cards upgrade', 'events downgrade', 'finance install', 'votes uninstall']);
  });

  test.each(['restore', 'purge'])('of a %s is one, whatever its plan looks like', async (kind) => {
    const { counter, count } = aCount();
    await count({ ends: [anEnd('e1', { kind })], modules: [] });
    expect(await counter.days(january)).toMatchObject([{ flow: kind }]);
  });

  test('counts a reason when it failed or is stuck, and none when it went well or was called off', async () => {
    const { counter, count } = aCount();
    const changes = [installs('membership'), installs('finance')];
    const ends = (['done', 'cancelled', 'failed', 'stuck'] as const).map((outcome) =>
      anEnd(outcome, { changes, outcome, reason: outcome }),
    );
    await count({ ends, modules: [] });
    expect((await counter.reasons(january)).map(({ reason, count: times }) => [reason, times])).toEqual([
      ['failed', 1],
      ['stuck', 1],
    ]);
  });

  test('without a reason is counted under “unknown”', async () => {
    const { counter, count } = aCount();
    await count({ ends: [anEnd('e1', { outcome: 'failed' })], modules: [] });
    expect(await counter.reasons(january)).toMatchObject([{ reason: 'unknown' }]);
  });
});

describe('The fleet', () => {
  const fleetOf = async ({ fleet }: ReturnType<typeof makeMemoryCounter>) =>
    (await fleet()).map(({ module, version, status, count }) => `${module} ${version} ${status} ${count}`);

  test('follows a tenant module from its first install to its end', async () => {
    const { counter, count } = aCount();
    const after: (readonly string[])[] = [];
    for (const change of [seen('t', null, 'Changing'), seen('t', '1.0.0'), seen('t', '1.0.0', 'Archived'), gone('t')]) {
      await count({ ends: [], modules: [change] });
      after.push(await fleetOf(counter));
    }
    expect(after).toEqual([['finance null Changing 1'], ['finance 1.0.0 Active 1'], ['finance 1.0.0 Archived 1'], []]);
  });

  test('counts tenants apart', async () => {
    const { counter, count } = aCount();
    await count({ ends: [], modules: [seen('a', '1.0.0'), seen('b', '1.0.0'), seen('c', '1.1.0')] });
    expect(await fleetOf(counter)).toEqual(['finance 1.0.0 Active 2', 'finance 1.1.0 Active 1']);
  });

  test('stays as it is when the same records come again, from wherever they begin', async () => {
    const { counter, count } = aCount();
    const records = [seen('t', null, 'Changing'), seen('t', '1.0.0'), seen('t', '1.0.0', 'Changing'), seen('t', '1.1.0')];
    await count({ ends: [], modules: records });
    const again = await count({ ends: [], modules: records });
    for (const record of records.slice(1)) await count({ ends: [], modules: [record] });
    expect(again.modules).toBe(0);
    expect(await fleetOf(counter)).toEqual(['finance 1.1.0 Active 1']);
  });

  test('does not fall below nothing when what was never seen is gone', async () => {
    const { counter, count } = aCount();
    await count({ ends: [], modules: [gone('t')] });
    await count({ ends: [], modules: [seen('t', '1.0.0')] });
    expect(await fleetOf(counter)).toEqual(['finance 1.0.0 Active 1']);
  });
});

describe('Counting', () => {
  test('begins again when another counted the same meanwhile, and adds only what is new', async () => {
    const memory = makeMemoryCounter();
    let races = 0;
    const counter = {
      ...memory,
      count: async (counting: Parameters<Counter['count']>[0]) => {
        races += 1;
        if (races > 1) return memory.count(counting);
        await memory.count({ ...counting, standings: [], tallies: counting.tallies.filter(({ name }) => name.of === 'day') });
        throw new Contended('another counted it');
      },
    };
    const { count } = aCount(counter);
    await count({ ends: [anEnd('e1')], modules: [seen('t', '1.0.0')] });
    expect(await memory.days(january)).toMatchObject([{ count: 1 }]);
    expect(await memory.fleet()).toMatchObject([{ count: 1 }]);
  });

  test('never asks for more writes than one transaction takes', async () => {
    const memory = makeMemoryCounter();
    const writes: number[] = [];
    const counter = {
      ...memory,
      count: async (counting: Parameters<Counter['count']>[0]) => {
        writes.push(counting.events.length + counting.standings.length + counting.tallies.length);
        return memory.count(counting);
      },
    };
    const { count } = aCount(counter);
    const changes = [installs('a'), installs('b'), installs('c')];
    const ends = Array.from({ length: 60 }, (_, index) => anEnd(`e${index}`, { changes, at: new Date(at.getTime() - index * 86_400_000) }));
    const modules = Array.from({ length: 60 }, (_, index) => seen(`t${index}`, `1.${index}.0`));
    const answer = await count({ ends, modules });
    expect(answer).toEqual({ ends: 60, modules: 60 });
    expect(writes.length).toBeGreaterThan(2);
    expect(Math.max(...writes)).toBeLessThanOrEqual(100);
  });

  test('writes nothing when nothing is new', async () => {
    const { count } = aCount({
      ...makeMemoryCounter(),
      count: async () => {
        throw new Error('there was nothing to write');
      },
    });
    await expect(count({ ends: [], modules: [gone('t')] })).resolves.toEqual({ ends: 0, modules: 0 });
  });
});
