import { describe, expect, test } from '@jest/globals';
import { makeWriteReport } from '../../../contexts/analytics/index.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { Refused } from '../../../contexts/shared/domain/errors.ts';
import { makeMemoryAudit } from '../../support/memory-audit.ts';
import { makeMemoryReportFiles } from '../../support/memory-report-files.ts';

const minute = (number: number): Date => new Date(Date.UTC(2026, 0, 1, 0, number));
const anEvent = (number: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: `e${String(number).padStart(6, '0')}`,
  sequence: number,
  name: 'ModuleUpgraded',
  aggregate: 'JOB#j',
  jobId: 'j',
  tenantId: 'acme-id',
  actor: 'system',
  at: minute(number).toISOString(),
  ...more,
});

interface Asked {
  readonly format?: 'json' | 'csv';
  readonly from?: number;
  readonly to?: number;
  /** Of the clock, each time that it is looked at. */
  readonly secondsApart?: number;
  readonly goOn?: () => Promise<void>;
}

const aWriting = (events: readonly AuditEvent[], { format = 'json', from = 0, to = 1_000_000, secondsApart = 0, goOn }: Asked = {}) => {
  const files = makeMemoryReportFiles();
  let now = Date.UTC(2027, 0, 1);
  const clock = {
    now: () => {
      now += secondsApart * 1000;
      return new Date(now);
    },
  };
  const newId = () => `try${files.keys().length}`;
  const writeReport = makeWriteReport({ trail: makeMemoryAudit(events), files, clock, newId, reportDays: 30 });
  const period = { from: minute(from).toISOString(), to: minute(to).toISOString() };
  const report = { jobId: 'r', tenantId: 'acme-id', tenantSlug: 'acme', ...period, format };
  const write = () => writeReport(report, goOn ?? (async () => {}));
  return { files, write, written: write() };
};
const textOf = async (events: readonly AuditEvent[], asked?: Asked): Promise<string> => {
  const { files, written } = aWriting(events, asked);
  return files.text((await written).key);
};
const reportOf = async (events: readonly AuditEvent[], asked?: Asked) =>
  JSON.parse(await textOf(events, asked)) as Readonly<Record<string, unknown>> & { readonly events: readonly AuditEvent[] };

describe('A report', () => {
  test('has every event of the period, oldest first, also when they are many', async () => {
    const events = Array.from({ length: 450 }, (_, index) => anEvent(index + 1));
    const { events: lines } = await reportOf(events, { from: 11, to: 441 });
    expect(lines.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 430 }, (_, index) => index + 11));
  });

  test('says of whom it is, of which period, and whether it is whole', async () => {
    const { events: _, ...rest } = await reportOf([anEvent(1)], { to: 2 });
    expect(rest).toEqual({
      ...{ tenant: 'acme', tenantId: 'acme-id', from: minute(0).toISOString(), to: minute(2).toISOString() },
      ...{ whole: true, gaps: [], byName: { ModuleUpgraded: 1 }, byActor: { system: 1 } },
    });
  });

  test('of a period in which nothing happened is a document all the same', async () => {
    expect(await reportOf([])).toMatchObject({ events: [], whole: true, byName: {} });
  });

  test('says who, what, when, from, to and why, and of which modules; no row data, no details of errors', async () => {
    const facts = { kind: 'upgrade', modules: { membership: { from: '1.0.0', to: '1.1.0' }, finance: { from: '1.0.0', to: '2.0.0' } } };
    const error = { name: 'Defect', message: 'it broke' };
    const { events } = await reportOf([
      anEvent(1, { actor: 'ada', from: 'Upgrading', to: 'Failed', reason: 'step-failed', attempt: 2, facts, error }),
    ]);
    expect(events).toEqual([
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
    const { events } = await reportOf([anEvent(1, { module: 'finance' }), anEvent(2)]);
    expect(events.map((line) => (line as AuditEvent & { readonly modules: unknown }).modules)).toEqual([['finance'], []]);
  });

  test('counts by name and by actor', async () => {
    const { byName, byActor } = await reportOf([anEvent(1), anEvent(2, { actor: 'ada' }), anEvent(3, { name: 'ModulePurged' })]);
    expect([byName, byActor]).toEqual([
      { ModulePurged: 1, ModuleUpgraded: 2 },
      { ada: 1, system: 2 },
    ]);
  });

  test('names the numbers between which events of an aggregate are missing, and is content where it begins late', async () => {
    const events = [3, 4, 7, 8].map((number) => anEvent(number));
    const others = [1, 2].map((number) => anEvent(number, { aggregate: 'TENANT#acme' }));
    expect(await reportOf([...events, ...others])).toMatchObject({ whole: false, gaps: [{ aggregate: 'JOB#j', after: 4, before: 7 }] });
    expect(await reportOf(others)).toMatchObject({ whole: true, gaps: [] });
    const { written } = aWriting(events);
    expect(await written).toMatchObject({ events: 4, whole: false });
  });

  test('shows what is told at one instant in the order of its numbers, whatever the ids are, over the pages of the index too', async () => {
    const at = minute(1).toISOString();
    const scattered = Array.from({ length: 250 }, (_, index) => anEvent(index + 1, { at, id: `i${(index * 7919) % 250}` }));
    const { events } = await reportOf([anEvent(300, { at: minute(0).toISOString(), aggregate: 'JOB#k' }), ...scattered]);
    expect(events.map(({ sequence }) => sequence)).toEqual([300, ...scattered.map(({ sequence }) => sequence)]);
  });

  test('finds no gap where a clock ran behind: the numbers count', async () => {
    const events = [anEvent(1), anEvent(2, { at: minute(9).toISOString() }), anEvent(3), anEvent(4, { at: minute(2).toISOString() })];
    expect(await reportOf(events)).toMatchObject({ whole: true, gaps: [] });
  });

  test('may have any number of events, and of the same period has the same bytes', async () => {
    const events = Array.from({ length: 10_500 }, (_, index) => anEvent(index + 1));
    const { files, written } = aWriting(events);
    const first = files.text((await written).key);
    expect(await written).toMatchObject({ events: 10_500, whole: true, bytes: Buffer.byteLength(first) });
    expect(await textOf(events.toReversed())).toBe(first);
  });

  test('is kept for its days, under the name of its tenant and its job', async () => {
    const { written } = aWriting([], { format: 'csv' });
    expect(await written).toMatchObject({
      key: expect.stringMatching(/^reports\/acme-id\/r-\w+\.csv$/),
      goneAt: new Date(Date.UTC(2027, 0, 31)),
    });
  });

  test('is another file at each try, so that one that comes late leaves alone what an earlier one has stored', async () => {
    const { files, write, written } = aWriting([anEvent(1)]);
    const [first, late] = [await written, await write()];
    expect(files.keys()).toEqual([first.key, late.key]);
    expect(new Set(files.keys()).size).toBe(2);
  });

  test('shows a sign of life every ten seconds, and is not there when another attempt has it', async () => {
    let signs = 0;
    const many = Array.from({ length: 500 }, (_, index) => anEvent(index + 1));
    const lost = new Refused({ kind: 'conflict', reason: 'superseded', message: 'lost' });
    const goOn = async (): Promise<void> => {
      signs += 1;
      if (signs === 2) throw lost;
    };
    const { files, written } = aWriting(many, { secondsApart: 6, goOn });
    await expect(written).rejects.toBe(lost);
    expect([signs, files.keys()]).toEqual([2, []]);
  });

  test('that takes longer than 13 minutes is given up, with what to do', async () => {
    const many = Array.from({ length: 500 }, (_, index) => anEvent(index + 1));
    const { files, written } = aWriting(many, { secondsApart: 300 });
    await expect(written).rejects.toMatchObject({ refusal: { reason: 'report-too-large', message: expect.stringContaining('in parts') } });
    expect(files.keys()).toEqual([]);
  });
});

describe('As a table', () => {
  const rows = async (actor: string): Promise<readonly string[]> =>
    (await textOf([anEvent(1, { actor, module: 'finance' })], { format: 'csv' })).split('\r\n');
  const rowOf = (cell: string): string => `${minute(1).toISOString()},ModuleUpgraded,${cell},finance,,,,j,e000001,JOB#j,1`;

  test('it has the names of its columns, and a cell for each in every line', async () => {
    expect(await rows('ada')).toEqual(['at,name,actor,modules,from,to,reason,jobId,id,aggregate,sequence', rowOf('ada'), '']);
  });

  test.each([
    ['a comma', 'a,b', '"a,b"'],
    ['a quote', 'a"b', '"a""b"'],
    ['the end of a line', 'a\nb', '"a\nb"'],
  ])('it quotes %s', async (_, actor, cell) => {
    expect((await rows(actor))[1]).toBe(rowOf(cell));
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1+1'])('it shows %j as text, which a spreadsheet would compute', async (actor) => {
    expect((await rows(actor))[1]).toBe(rowOf(`'${actor}`));
  });
});
