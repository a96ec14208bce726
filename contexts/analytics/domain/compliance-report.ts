import type { AuditEvent } from '../../shared/domain/audit-event.ts';

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

export interface ComplianceReport {
  /** Oldest first. */
  readonly lines: readonly ReportLine[];
  /** Empty: no event of the period is missing between others. */
  readonly gaps: readonly Gap[];
  readonly byName: Readonly<Record<string, number>>;
  readonly byActor: Readonly<Record<string, number>>;
}

/** What a trail says of a period, and whether it is whole. */
export const reportOn = (events: readonly AuditEvent[]): ComplianceReport => {
  const ordered = events.toSorted(inOrder);
  return {
    lines: ordered.map(lineOf),
    gaps: [...Map.groupBy(ordered, ({ aggregate }) => aggregate)].flatMap(([aggregate, own]) => gapsIn(aggregate, own)),
    byName: counted(ordered.map(({ name }) => name)),
    byActor: counted(ordered.map(({ actor }) => actor)),
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

/** The period may begin in the middle of an aggregate's life, so its first number may be any. */
const gapsIn = (aggregate: string, events: readonly AuditEvent[]): readonly Gap[] => {
  const numbers = events.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
  return numbers.flatMap((number, index) => {
    const after = numbers[index - 1];
    return after === undefined || number <= after + 1 ? [] : [{ aggregate, after, before: number }];
  });
};

const counted = (words: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, same]) => [word, same.length] as const).toSorted());

const columns = ['at', 'name', 'actor', 'modules', 'from', 'to', 'reason', 'jobId', 'id', 'aggregate', 'sequence'] as const;

/** RFC 4180, a line for each event. What a spreadsheet would take for a formula is quoted as text. */
export const csvOf = ({ lines }: Pick<ComplianceReport, 'lines'>): string =>
  [columns, ...lines.map((line) => columns.map((column) => line[column] ?? ''))]
    .map((cells) => `${cells.map((cell) => cellOf(Array.isArray(cell) ? cell.join(' ') : String(cell))).join(',')}\r\n`)
    .join('');

const cellOf = (text: string): string => {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};
