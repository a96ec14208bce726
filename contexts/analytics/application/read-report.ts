import type { Clock } from '../../shared/domain/clock.ts';
import { Refused } from '../../shared/domain/errors.ts';
import type { ReportFiles, ReportJob, ReportJobs, Reports, WrittenReport } from './ports.ts';

export interface ReadReportPorts {
  readonly jobs: Pick<ReportJobs, 'read'>;
  readonly reports: Reports;
  readonly files: Pick<ReportFiles, 'link'>;
  readonly clock: Clock;
}

/** How a report stands: what was written, once it is, and a link to it until it is gone. */
export interface ShownReport {
  readonly job: ReportJob;
  readonly written?: WrittenReport;
  readonly link?: { readonly url: string; readonly expiresAt: Date };
}

const linkMinutes = 15;

/** Each time it is asked it makes a link anew. Rejects with `Refused` (404) when the tenant has no such report. */
export const makeReadReport =
  ({ jobs, reports, files, clock }: ReadReportPorts) =>
  async (tenantId: string, jobId: string): Promise<ShownReport> => {
    const job = await jobs.read(jobId);
    if (job?.tenantId !== tenantId)
      throw new Refused({
        kind: 'not-found',
        reason: 'unknown-report',
        message: `the tenant has no report ${jobId}`,
        facts: { report: jobId },
      });
    const written = await reports.read(jobId);
    if (written === undefined) return { job };
    const now = clock.now().getTime();
    if (now >= written.goneAt.getTime()) return { job, written };
    const seconds = Math.min(linkMinutes * 60, Math.ceil((written.goneAt.getTime() - now) / 1000));
    const url = await files.link(written.key, { seconds, fileName: fileNameOf(job) });
    return { job, written, link: { url, expiresAt: new Date(now + seconds * 1000) } };
  };

/** As the browser keeps it, e.g. `acme-2026-01-01-2026-02-01.csv`. */
const fileNameOf = ({ tenantSlug, from, to, format }: ReportJob): string =>
  `${tenantSlug}-${from.slice(0, 10)}-${to.slice(0, 10)}.${format}`;
