import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { Counter, Counting, Counts } from '../../../contexts/analytics/application/ports.ts';
import type { Standing, TallyName } from '../../../contexts/analytics/domain/tally.ts';
import { makeDynamoCounter, makeDynamoCounts } from '../../../contexts/analytics/index.ts';
import { makeMemoryCounter } from '../../support/memory-counter.ts';
import { startRegistryTable } from '../registry-table.ts';

const at = new Date('2026-01-31T12:00:00.000Z');
const contended = { name: 'Contended' };
const aStanding = (module: string, more: Partial<Standing> = {}): Standing => ({
  tenantId: ulid(),
  module,
  version: '1.0.0',
  status: 'Active',
  ...more,
});
const counting = (change: Partial<Counting>): Counting => ({ events: [], standings: [], tallies: [], at, ...change });
const freshModule = (): string => `m_${ulid().toLowerCase()}`;

const describeCounter = (name: string, make: () => Counter & Counts): void => {
  describe(`The counter ${name}`, () => {
    test('knows which events it has counted, and no others', async () => {
      const counter = make();
      const [one, other] = [ulid(), ulid()];
      await counter.count(counting({ events: [one] }));
      expect((await counter.known({ events: [one, other], modules: [] })).events).toEqual(new Set([one]));
    });

    test('counts an event once: what comes with it the second time is not stored', async () => {
      const counter = make();
      const [event, module] = [ulid(), freshModule()];
      const tallies = [{ name: { of: 'fleet', module, version: '1.0.0', status: 'Active' }, by: 1 } as const];
      await counter.count(counting({ events: [event], tallies }));
      await expect(counter.count(counting({ events: [event], tallies }))).rejects.toMatchObject(contended);
      expect((await counter.fleet()).filter((one) => one.module === module)).toMatchObject([{ count: 1 }]);
    });

    test('remembers how a tenant module was seen last, also that no version stands', async () => {
      const counter = make();
      const before = aStanding(freshModule(), { version: null, status: 'Changing' });
      const after = { ...before, version: '1.0.0', status: 'Active' };
      const seen: (readonly Standing[])[] = [];
      for (const change of [{ after: before }, { before, after }, { before: after }]) {
        await counter.count(counting({ standings: [change] }));
        seen.push((await counter.known({ events: [], modules: [before] })).standings);
      }
      expect(seen).toEqual([[before], [after], []]);
    });

    test.each([
      ['another version', { version: '1.1.0' }],
      ['no version', { version: null }],
      ['another status', { status: 'Changing' }],
    ])('refuses a change from what was not seen last: %s', async (_, wrong) => {
      const counter = make();
      const standing = aStanding(freshModule());
      await counter.count(counting({ standings: [{ after: standing }] }));
      const change = { before: { ...standing, ...wrong }, after: { ...standing, version: '2.0.0' } };
      await expect(counter.count(counting({ standings: [change] }))).rejects.toMatchObject(contended);
      await expect(counter.count(counting({ standings: [{ after: change.after }] }))).rejects.toMatchObject(contended);
      await expect(counter.count(counting({ standings: [{ before: change.before }] }))).rejects.toMatchObject(contended);
      expect((await counter.known({ events: [], modules: [standing] })).standings).toEqual([standing]);
    });

    test('adds up tallies of the same name and keeps others apart', async () => {
      const counter = make();
      const module = freshModule();
      const onDay = { of: 'day', day: '2026-01-30', module, flow: 'install', outcome: 'done' } as const;
      const names: readonly TallyName[] = [
        onDay,
        { ...onDay, outcome: 'failed' },
        { ...onDay, flow: 'upgrade' },
        { ...onDay, day: '2026-01-31' },
      ];
      for (const by of [1, 2]) await counter.count(counting({ tallies: names.map((name) => ({ name, by })) }));
      const days = (await counter.days({ from: '2026-01-30', to: '2026-01-31' })).filter((one) => one.module === module);
      expect(days.length).toBe(4);
      expect(days).toEqual(expect.arrayContaining(names.map((name) => ({ ...name, count: 3 }))));
    });

    test('answers the days and the reasons of a period, its first and last day among them', async () => {
      const counter = make();
      const flow = ulid();
      const days = ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02'];
      const tallies = days.flatMap((day) => [
        { name: { of: 'day', day, module: 'finance', flow, outcome: 'done' } as const, by: 1 },
        { name: { of: 'reason', day, flow, reason: 'quota' } as const, by: 1 },
      ]);
      await counter.count(counting({ tallies }));
      const period = { from: '2026-02-28', to: '2026-03-01' };
      expect((await counter.days(period)).filter((one) => one.flow === flow)).toEqual([
        { of: 'day', day: '2026-02-28', module: 'finance', flow, outcome: 'done', count: 1 },
        { of: 'day', day: '2026-03-01', module: 'finance', flow, outcome: 'done', count: 1 },
      ]);
      expect((await counter.reasons(period)).filter((one) => one.flow === flow)).toEqual([
        { of: 'reason', day: '2026-02-28', flow, reason: 'quota', count: 1 },
        { of: 'reason', day: '2026-03-01', flow, reason: 'quota', count: 1 },
      ]);
    });

    test('leaves out of the fleet what has come to nothing', async () => {
      const counter = make();
      const module = freshModule();
      const name = { of: 'fleet', module, version: null, status: 'Changing' } as const;
      await counter.count(counting({ tallies: [{ name, by: 1 }] }));
      const during = (await counter.fleet()).filter((one) => one.module === module);
      await counter.count(counting({ tallies: [{ name, by: -1 }] }));
      expect(during).toEqual([{ ...name, count: 1 }]);
      expect((await counter.fleet()).filter((one) => one.module === module)).toEqual([]);
    });

    test('lists the tenants of one module, page by page, each once', async () => {
      const counter = make();
      const module = freshModule();
      const standings = Array.from({ length: 40 }, () => aStanding(module));
      await counter.count(counting({ standings: [...standings, aStanding(freshModule())].map((after) => ({ after })) }));
      const seen: Standing[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        const page = await counter.standings(module, {}, { limit: 7, ...(cursor === undefined ? {} : { cursor }) });
        expect(page.items.length).toBeLessThanOrEqual(7);
        seen.push(...page.items);
        cursor = page.cursor;
        pages += 1;
      } while (cursor !== undefined && pages < 100);
      const byTenant = (all: readonly Standing[]) => all.toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1));
      expect(byTenant(seen)).toEqual(byTenant(standings));
    });

    test('lists only the tenants with a version or a status where one is named', async () => {
      const counter = make();
      const module = freshModule();
      const old = aStanding(module, { version: '0.9.0' });
      const changing = aStanding(module, { status: 'Changing' });
      await counter.count(counting({ standings: [old, changing, aStanding(module)].map((after) => ({ after })) }));
      const paging = { limit: 100 };
      expect((await counter.standings(module, { version: '0.9.0' }, paging)).items).toEqual([old]);
      expect((await counter.standings(module, { status: 'Changing' }, paging)).items).toEqual([changing]);
      expect((await counter.standings(module, { version: '0.9.0', status: 'Changing' }, paging)).items).toEqual([]);
    });

    test.each(['nonsense', '99.', '3.AAAA', '-1.'])('refuses the cursor %j, which no list answered', async (cursor) => {
      const counter = make();
      await expect(counter.standings(freshModule(), {}, { limit: 5, cursor })).rejects.toMatchObject({ name: 'Malformed' });
    });
  });
};

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

describeCounter('in memory', makeMemoryCounter);
describeCounter('in DynamoDB', () => ({ ...makeDynamoCounter(started.table), ...makeDynamoCounts(started.table) }));
