import { describe, expect, test } from '@jest/globals';
import type { Tally } from '../../../contexts/analytics/domain/tally.ts';
import { makeRankModules, makeReadDays, makeReadFailures, makeReadFleet } from '../../../contexts/analytics/index.ts';
import { makeMemoryCounter } from '../../support/memory-counter.ts';

const clock = { now: () => new Date('2026-03-31T12:00:00.000Z') };

const counted = async (...tallies: readonly Tally[]) => {
  const counts = makeMemoryCounter();
  await counts.count({ events: [], standings: [], tallies, at: clock.now() });
  return { counts, clock };
};
const onDay = (day: string, module: string, flow: string, by = 1, outcome: 'done' | 'failed' = 'done'): Tally => ({
  name: { of: 'day', day, module, flow, outcome },
  by,
});
const because = (day: string, flow: string, reason: string, by = 1): Tally => ({ name: { of: 'reason', day, flow, reason }, by });
const inFleet = (module: string, version: string | null, status: string, by = 1): Tally => ({
  name: { of: 'fleet', module, version, status },
  by,
});

describe('The days', () => {
  test('add up all modules, by outcome and flow', async () => {
    const ports = await counted(
      onDay('2026-03-30', 'finance', 'install', 2),
      onDay('2026-03-30', 'membership', 'install', 3),
      onDay('2026-03-30', 'finance', 'upgrade', 1, 'failed'),
      onDay('2026-03-31', 'finance', 'uninstall'),
    );
    expect(await makeReadDays(ports)({})).toEqual([
      { day: '2026-03-30', counts: { done: { install: 5 }, failed: { upgrade: 1 } } },
      { day: '2026-03-31', counts: { done: { uninstall: 1 } } },
    ]);
  });

  test('are of one module where it is named', async () => {
    const ports = await counted(onDay('2026-03-30', 'finance', 'install', 2), onDay('2026-03-30', 'membership', 'install', 3));
    expect(await makeReadDays(ports)({ module: 'finance' })).toEqual([{ day: '2026-03-30', counts: { done: { install: 2 } } }]);
  });

  test('are the last thirty, today among them, unless a period is named', async () => {
    const ports = await counted(...['2026-03-01', '2026-03-02', '2026-03-31'].map((day) => onDay(day, 'finance', 'install')));
    expect((await makeReadDays(ports)({})).map(({ day }) => day)).toEqual(['2026-03-02', '2026-03-31']);
    expect((await makeReadDays(ports)({ from: '2026-03-01', to: '2026-03-01' })).map(({ day }) => day)).toEqual(['2026-03-01']);
  });

  test.each([
    ['ends before it begins', { from: '2026-03-02', to: '2026-03-01' }, 'ends before it begins'],
    ['has more than 92 days', { from: '2026-01-01', to: '2026-04-03' }, 'at most 92 days'],
  ])('of a period that %s are refused with the field', async (_, period, says) => {
    const ports = await counted();
    await expect(makeReadDays(ports)(period)).rejects.toMatchObject({
      name: 'Malformed',
      message: expect.stringContaining(says),
      fields: [{ field: 'from' }],
    });
    await expect(makeReadDays(ports)({ from: '2026-01-01', to: '2026-04-02' })).resolves.toEqual([]);
  });
});

test('The reasons of failures are added up over the period, the most frequent first', async () => {
  const ports = await counted(
    because('2026-03-01', 'install', 'too-early', 9),
    because('2026-03-30', 'install', 'step-failed', 1),
    because('2026-03-31', 'install', 'step-failed', 2),
    because('2026-03-31', 'upgrade', 'step-failed', 2),
    because('2026-03-31', 'install', 'quota', 2),
  );
  expect(await makeReadFailures(ports)({ from: '2026-03-02' })).toEqual([
    { flow: 'install', reason: 'step-failed', count: 3 },
    { flow: 'install', reason: 'quota', count: 2 },
    { flow: 'upgrade', reason: 'step-failed', count: 2 },
  ]);
});

describe('The fleet', () => {
  test('says of each module which versions stand, how they stand, and for how many tenants one works', async () => {
    const { counts } = await counted(
      inFleet('finance', '1.0.0', 'Active', 5),
      inFleet('finance', '1.0.0', 'Changing', 2),
      inFleet('finance', '1.1.0', 'Active', 1),
      inFleet('finance', '1.0.0', 'Archived', 4),
      inFleet('finance', '1.1.0', 'ManualIntervention', 1),
      inFleet('finance', null, 'Changing', 3),
    );
    const [finance] = await makeReadFleet(counts)();
    expect(finance).toMatchObject({ module: 'finance', tenants: 8 });
    expect(finance?.versions).toEqual([
      { version: '1.0.0', tenants: { Active: 5, Archived: 4, Changing: 2 } },
      { version: '1.1.0', tenants: { Active: 1, ManualIntervention: 1 } },
      { version: null, tenants: { Changing: 3 } },
    ]);
  });

  test('leaves out what nobody has any more', async () => {
    const { counts } = await counted(inFleet('finance', '1.0.0', 'Active', 1), inFleet('finance', '1.0.0', 'Active', -1));
    expect(await makeReadFleet(counts)()).toEqual([]);
  });
});

test('Modules are ranked by tenants, then by installs of the period, then by name', async () => {
  const ports = await counted(
    inFleet('cards', '1.0.0', 'Active', 2),
    inFleet('finance', '1.0.0', 'Active', 2),
    inFleet('votes', '1.0.0', 'Active', 3),
    onDay('2026-03-31', 'finance', 'install', 4),
    onDay('2026-03-31', 'finance', 'install', 9, 'failed'),
    onDay('2026-03-31', 'events', 'install', 1),
    onDay('2026-01-01', 'cards', 'install', 99),
  );
  const ranked = await makeRankModules(ports)({});
  expect(ranked.map(({ module, tenants, installs }) => [module, tenants, installs])).toEqual([
    ['votes', 3, 0],
    ['finance', 2, 4],
    ['cards', 2, 0],
    ['events', 0, 1],
  ]);
});
