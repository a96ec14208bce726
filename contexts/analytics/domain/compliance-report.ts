import type { AuditEvent } from '../../shared/domain/audit-event.ts';

/** A report is written as its events come by, so that it may be of any size: nothing of it is kept but what is counted. */

/** One event as a report shows it: who, what, when, from, to, why. */
export interface ReportLine {
  readonly at: string;
  readonly name: string;
  readonly actor: string;
  readonly modules: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly jobId?: string;
  readonly id: string;
  readonly aggregate: string;
  readonly sequence: number;
}

/** Numbers that are missing between two events of one aggregate: each change is numbered, so an event is missing. */
export interface Gap {
  readonly aggregate: string;
  readonly after: number;
  readonly before: number;
}

export interface ReportSummary {
  readonly events: number;
  /** Empty: no event of the period is missing between others. */
  readonly gaps: readonly Gap[];
  readonly byName: Readonly<Record<string, number>>;
  readonly byActor: Readonly<Record<string, number>>;
}

/** What the report says of itself. */
export interface ReportHeading {
  readonly tenant: string;
  readonly tenantId: string;
  readonly from: string;
  readonly to: string;
}

export type ReportFormat = 'json' | 'csv';

/** The text of a report, from its beginning to its end. */
export interface ReportWriter {
  readonly begin: () => string;
  /** Of all events of some instants: the caller keeps instants whole and in order. */
  readonly add: (events: readonly AuditEvent[]) => string;
  readonly end: () => string;
  /** Of what was added so far. */
  readonly summary: () => ReportSummary;
}

/** The same events give the same text. */
export const makeReportWriter = (format: ReportFormat, heading: ReportHeading): ReportWriter => {
  const tally = makeTally();
  const form = format === 'csv' ? csv : json(heading);
  let first = true;
  return {
    begin: form.begin,
    add: (events) => {
      const ordered = events.toSorted(inOrder);
      for (const event of ordered) tally.count(event);
      const text = form.lines(ordered.map(lineOf), first);
      first &&= ordered.length === 0;
      return text;
    },
    end: () => form.end(tally.summary()),
    summary: tally.summary,
  };
};

/** By time; what an aggregate tells at one instant, by its numbers. */
const inOrder = (a: AuditEvent, b: AuditEvent): number => {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.aggregate !== b.aggregate) return a.aggregate < b.aggregate ? -1 : 1;
  return a.sequence - b.sequence;
};

const lineOf = ({ at, name, actor, module, facts, from, to, reason, jobId, id, aggregate, sequence }: AuditEvent): ReportLine => ({
  at,
  name,
  actor,
  modules: modulesOf(facts?.['modules']) ?? (module === undefined ? [] : [module]),
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
  ...(reason === undefined ? {} : { reason }),
  ...(jobId === undefined ? {} : { jobId }),
  id,
  aggregate,
  sequence,
});

const modulesOf = (modules: unknown): readonly string[] | undefined =>
  typeof modules === 'object' && modules !== null ? Object.keys(modules).toSorted() : undefined;

// ---- counting

const makeTally = () => {
  const [names, actors] = [new Map<string, number>(), new Map<string, number>()];
  const runs = new Map<string, readonly Run[]>();
  let events = 0;
  return {
    count: ({ name, actor, aggregate, sequence }: AuditEvent): void => {
      events += 1;
      names.set(name, (names.get(name) ?? 0) + 1);
      actors.set(actor, (actors.get(actor) ?? 0) + 1);
      runs.set(aggregate, withNumber(runs.get(aggregate) ?? [], sequence));
    },
    summary: (): ReportSummary => ({
      events,
      gaps: [...runs].flatMap(([aggregate, own]) => gapsBetween(aggregate, own)),
      byName: Object.fromEntries([...names].toSorted()),
      byActor: Object.fromEntries([...actors].toSorted()),
    }),
  };
};

/** Numbers that follow one another. Of an aggregate there is one run, unless an event is missing or a clock ran behind. */
type Run = readonly [first: number, last: number];

const withNumber = (runs: readonly Run[], number: number): readonly Run[] => {
  const touching = runs.filter(([first, last]) => number >= first - 1 && number <= last + 1);
  const joined: Run = [Math.min(number, ...touching.map(([first]) => first)), Math.max(number, ...touching.map(([, last]) => last))];
  return [...runs.filter((run) => !touching.includes(run)), joined].toSorted(([a], [b]) => a - b);
};

/** The period may begin in the middle of an aggregate's life, so its first number may be any. */
const gapsBetween = (aggregate: string, runs: readonly Run[]): readonly Gap[] =>
  runs.flatMap(([before], index) => {
    const after = runs[index - 1]?.[1];
    return after === undefined ? [] : [{ aggregate, after, before }];
  });

// ---- forms

interface Form {
  readonly begin: () => string;
  readonly lines: (lines: readonly ReportLine[], first: boolean) => string;
  readonly end: (summary: ReportSummary) => string;
}

/** One JSON document: what it says of itself, the events, oldest first, and what was counted of them. */
const json = (heading: ReportHeading): Form => ({
  begin: () => `${JSON.stringify(heading).slice(0, -1)},"events":[`,
  lines: (lines, first) => lines.map((line, index) => `${first && index === 0 ? '' : ','}\n${JSON.stringify(line)}`).join(''),
  end: ({ gaps, byName, byActor }) => `\n],${JSON.stringify({ whole: gaps.length === 0, gaps, byName, byActor }).slice(1)}\n`,
});

const columns = ['at', 'name', 'actor', 'modules', 'from', 'to', 'reason', 'jobId', 'id', 'aggregate', 'sequence'] as const;

const rowOf = (cells: readonly string[]): string => `${cells.map(cellOf).join(',')}\r\n`;

/** RFC 4180, a line for each event. What a spreadsheet would take for a formula is quoted as text. */
const csv: Form = {
  begin: () => rowOf(columns),
  lines: (lines) => lines.map((line) => rowOf(columns.map((column) => [line[column] ?? ''].flat().join(' ')))).join(''),
  end: () => '',
};

const cellOf = (text: string): string => {
  const harmless = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};
