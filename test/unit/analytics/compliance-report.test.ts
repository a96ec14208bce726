import { describe, expect, test } from '@jest/globals';
import { csvOf, makeReport } from '../../../contexts/analytics/index.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { makeMemoryAudit } from '../../support/memory-audit.ts';

const minute = (number: number): Date => new Date(Date.UTC(2026, 0, 1, 0, number));
const anEvent = (number: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: `e${String(number).padStart(6, '0')}`,
  sequence: number,
  name: 'ModuleUpgraded',
  aggregate: 'JOB#j',
  jobId: 'j',
  tenantId: 'acme',
  actor: 'system',
  at: minute(number).toISOString(),
  ...more,
});
const report = (events: readonly AuditEvent[], from = 0, to = 100_000) =>
  makeReport(makeMemoryAudit(events))('acme', { from: minute(from), to: minute(to) });

describe('A report', () => {
  test('has every event of the period, oldest first, also when they are many', async () => {
    const { lines } = await report(
      Array.from({ length: 450 }, (_, index) => anEvent(index + 1)),
      11,
      441,
    );
    expect(lines.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 430 }, (_, index) => index + 11));
  });

  test('says who, what, when, from, to and why, and of which modules; no row data, no details of errors', async () => {
    const facts = { kind: 'upgrade', modules: { membership: { from: '1.0.0', to: '1.1.0' }, finance: { from: '1.0.0', to: '2.0.0' } } };
    const error = { name: 'Defect', message: 'it broke' };
    const { lines } = await report([
      anEvent(1, { actor: 'ada', from: 'Upgrading', to: 'Failed', reason: 'step-failed', attempt: 2, facts, error }),
    ]);
    expect(lines).toEqual([
      {
        at: minute(1).toISOString(),
        name: 'ModuleUpgraded',
        actor: 'ada',
        modules: ['finance', 'membership'],
        from: 'Upgrading',
        to: 'Failed',
        reason: 'step-failed',
        jobId: 'j',
        id: 'e000001',
        aggregate: 'JOB#j',
        sequence: 1,
      },
    ]);
  });

  test('names the module of an event that is about one', async () => {
    const { lines } = await report([anEvent(1, { module: 'finance' }), anEvent(2)]);
    expect(lines.map(({ modules }) => modules)).toEqual([['finance'], []]);
  });

  test('counts by name and by actor', async () => {
    const { byName, byActor } = await report([anEvent(1), anEvent(2, { actor: 'ada' }), anEvent(3, { name: 'ModulePurged' })]);
    expect([byName, byActor]).toEqual([
      { ModulePurged: 1, ModuleUpgraded: 2 },
      { ada: 1, system: 2 },
    ]);
  });

  test('names the numbers between which events of an aggregate are missing, and is content where it begins late', async () => {
    const events = [3, 4, 7, 8].map((number) => anEvent(number));
    const others = [1, 2].map((number) => anEvent(number, { aggregate: 'TENANT#acme' }));
    expect((await report([...events, ...others])).gaps).toEqual([{ aggregate: 'JOB#j', after: 4, before: 7 }]);
    expect((await report(others)).gaps).toEqual([]);
  });

  test('shows what is told at one instant in the order of its numbers, whatever the ids are', async () => {
    const at = minute(1).toISOString();
    const { lines } = await report([anEvent(3, { at, id: 'a' }), anEvent(1, { at, id: 'b' }), anEvent(2, { at, id: 'c' })]);
    expect(lines.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  test('finds no gap where a clock ran behind: the numbers count', async () => {
    const events = [anEvent(1), anEvent(2, { at: minute(9).toISOString() }), anEvent(3), anEvent(4, { at: minute(2).toISOString() })];
    expect((await report(events)).gaps).toEqual([]);
  });

  test('of more than ten thousand events is refused, and of ten thousand is not', async () => {
    const events = Array.from({ length: 10_001 }, (_, index) => anEvent(index + 1));
    await expect(report(events)).rejects.toMatchObject({ refusal: { kind: 'unprocessable', reason: 'report-too-large' } });
    expect((await report(events.slice(1))).lines.length).toBe(10_000);
  });

  test('of a period that ends before it begins is refused with the field', async () => {
    await expect(report([], 2, 2)).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'from' }] });
  });
});

describe('As a table', () => {
  const [line] = [{ at: 'a', name: 'n', actor: 'ada', modules: ['x', 'y'], id: 'i', aggregate: 'g', sequence: 1 }];
  const rowOf = (actor: string): string => csvOf({ lines: [{ ...line, actor }] }).split('\r\n')[1] ?? '';

  test('it has the names of its columns, and a cell for each in every line', () => {
    expect(csvOf({ lines: [line] })).toBe('at,name,actor,modules,from,to,reason,jobId,id,aggregate,sequence\r\na,n,ada,x y,,,,,i,g,1\r\n');
  });

  test.each([
    ['a comma', 'a,b', '"a,b"'],
    ['a quote', 'a"b', '"a""b"'],
    ['the end of a line', 'a\nb', '"a\nb"'],
  ])('it quotes %s', (_, actor, cell) => {
    expect(rowOf(actor)).toBe(`a,n,${cell},x y,,,,,i,g,1`);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])('it shows %j as text, which a spreadsheet would compute', (actor) => {
    expect(rowOf(actor)).toBe(`a,n,'${actor},x y,,,,,i,g,1`);
  });
});
