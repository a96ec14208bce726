import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { Refused } from '../../shared/domain/errors.ts';
import { makeReportWriter, type ReportFormat, type ReportWriter } from '../domain/compliance-report.ts';
import type { Position, ReportFiles, Trail, WrittenReport } from './ports.ts';

export interface WriteReportPorts {
  readonly trail: Pick<Trail, 'after'>;
  readonly files: Pick<ReportFiles, 'store'>;
  readonly clock: Clock;
  readonly newId: NewId;
  /** After which the file is gone. */
  readonly reportDays: number;
}

/** A report as it is to be written. */
export interface ReportToWrite {
  readonly jobId: string;
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly from: string;
  readonly to: string;
  readonly format: ReportFormat;
}

const eventsAtOnce = 99;
const secondsBetweenSigns = 10;
const minutesMax = 13;
const dayMilliseconds = 86_400_000;
const contentTypes = { json: 'application/json', csv: 'text/csv; charset=utf-8' } as const;

/**
 * Writes the report down, page by page, as one file that is there when it is whole: whoever is interrupted begins again, and ends with
 * the same bytes. `goOn` is called every ten seconds, and stops the work by rejecting. Rejects with `Refused` (422) when the period has
 * more than can be written in 13 minutes.
 */
export const makeWriteReport =
  ({ trail, files, clock, newId, reportDays }: WriteReportPorts) =>
  async (report: ReportToWrite, goOn: () => Promise<void>): Promise<WrittenReport> => {
    const { jobId, tenantId, tenantSlug, from, to, format } = report;
    const writer = makeReportWriter(format, { tenant: tenantSlug, tenantId, from, to });
    // a file of its own for each try: what an abandoned one still sends replaces nothing
    const key = `reports/${tenantId}/${jobId}-${newId()}.${format}`;
    const content = textOf(writer, signing(instantsOf(pagesOf(trail, report)), { clock, goOn }));
    const bytes = await files.store(key, content, contentTypes[format]);
    const { events, gaps } = writer.summary();
    const writtenAt = clock.now();
    const goneAt = new Date(writtenAt.getTime() + reportDays * dayMilliseconds);
    return { key, bytes, events, whole: gaps.length === 0, writtenAt, goneAt };
  };

async function* textOf(writer: ReportWriter, groups: AsyncIterable<readonly AuditEvent[]>): AsyncGenerator<string> {
  yield writer.begin();
  for await (const events of groups) yield writer.add(events);
  yield writer.end();
}

async function* pagesOf(trail: WriteReportPorts['trail'], { tenantId, from, to }: ReportToWrite): AsyncGenerator<readonly AuditEvent[]> {
  const period = { from: new Date(from), to: new Date(to) };
  let position: Position | undefined;
  do {
    const page = await trail.after({ tenantId }, { ...period, ...(position ? { position } : {}) }, eventsAtOnce);
    if (page.length > 0) yield page;
    position = page.length < eventsAtOnce ? undefined : page.at(-1);
  } while (position);
}

/** The same events in groups that end with an instant: its events stand in the index by chance, and are put in order together. */
async function* instantsOf(pages: AsyncIterable<readonly AuditEvent[]>): AsyncGenerator<readonly AuditEvent[]> {
  let held: readonly AuditEvent[] = [];
  for await (const page of pages) {
    const events = [...held, ...page];
    const last = events.at(-1)?.at;
    const whole = events.filter(({ at }) => at !== last);
    if (whole.length > 0) yield whole;
    held = events.slice(whole.length);
  }
  if (held.length > 0) yield held;
}

async function* signing<T>(
  groups: AsyncIterable<T>,
  { clock, goOn }: { readonly clock: Clock; readonly goOn: () => Promise<void> },
): AsyncGenerator<T> {
  const begun = clock.now().getTime();
  let signed = begun;
  for await (const group of groups) {
    const now = clock.now().getTime();
    if (now - begun > minutesMax * 60_000) throw new Refused(tooLarge);
    if (now - signed >= secondsBetweenSigns * 1000) {
      await goOn();
      signed = now;
    }
    yield group;
  }
}

const tooLarge = {
  kind: 'unprocessable',
  reason: 'report-too-large',
  message: `the period has more events than can be written in ${minutesMax} minutes; ask for the report in parts`,
  facts: { minutesMax },
} as const;
