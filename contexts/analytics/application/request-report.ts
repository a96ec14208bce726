import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Malformed, type Refusal, Refused } from '../../shared/domain/errors.ts';
import type { ReportFormat } from '../domain/compliance-report.ts';
import type { ReportJobs } from './ports.ts';

export interface RequestReportPorts {
  readonly jobs: Pick<ReportJobs, 'open' | 'request'>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  /** How long the trail keeps an event. */
  readonly auditDays: number;
}

export interface RequestReport {
  readonly tenant: TenantRef;
  readonly from: Date;
  readonly to: Date;
  readonly format: ReportFormat;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

const openMax = 5;
const dayMilliseconds = 86_400_000;

/**
 * Asks for a report on the tenant's trail. What is to come is cut off: the period ends now at the latest, so that the same period is
 * the same report. What the trail has forgotten is refused: the report could not tell that it is missing. While an identical one is
 * being written, that is the answer. Rejects with `Refused` (409) while five others are.
 */
export const makeRequestReport =
  (ports: RequestReportPorts) =>
  (command: RequestReport): Promise<{ readonly jobId: string }> =>
    whileContended(() => tryToRequest(ports, command));

const tryToRequest = async (
  { jobs, idempotency, clock, auditDays }: RequestReportPorts,
  { tenant, from, to, format, actor, idempotency: key }: RequestReport,
): Promise<{ readonly jobId: string }> => {
  const now = clock.now();
  const kept = await keptAnswer(idempotency, key, now);
  if (typeof kept?.['jobId'] === 'string') return { jobId: kept['jobId'] };
  const end = to < now ? to : now;
  if (from >= end) throw new Malformed('the period is empty', [{ field: 'from', message: `must be before ${end.toISOString()}` }]);
  requireKept(from, now, auditDays);
  const report = { from: from.toISOString(), to: end.toISOString(), format };
  const open = await jobs.open(tenant.id);
  const same = open.find((one) => one.from === report.from && one.to === report.to && one.format === format);
  if (same) {
    if (key) await idempotency.keep({ ...key, answer: { jobId: same.jobId } }, now);
    return { jobId: same.jobId };
  }
  if (open.length >= openMax)
    throw new Refused(
      tooMany(
        tenant,
        open.map(({ jobId }) => jobId),
      ),
    );
  return jobs.request(tenant, report, { actor, ...(key ? { idempotency: key } : {}) });
};

const requireKept = (from: Date, now: Date, auditDays: number): void => {
  const first = new Date(now.getTime() - auditDays * dayMilliseconds);
  if (from >= first) return;
  const message = `must not be before ${first.toISOString()}: events are kept for ${auditDays} days`;
  throw new Malformed('the period begins before what is kept', [{ field: 'from', message }]);
};

const tooMany = ({ slug }: TenantRef, jobs: readonly string[]): Refusal => ({
  kind: 'conflict',
  reason: 'too-many-reports',
  message: `${jobs.length} reports on tenant ${slug} are being written; wait until one of them is done`,
  facts: { jobs },
});
