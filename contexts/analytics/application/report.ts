import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import { Malformed, Refused } from '../../shared/domain/errors.ts';
import { type ComplianceReport, reportOn } from '../domain/compliance-report.ts';
import type { Position, Trail } from './ports.ts';

/** An answer has at most 6 MB; an event takes about 400 bytes of a report. */
const eventsMax = 10_000;
const eventsAtOnce = 99;

/** The report on a tenant's trail from `from` until before `to`. Rejects with `Refused` (422) when the period has too many events. */
export const makeReport =
  (trail: Trail) =>
  async (tenantId: string, { from, to }: { readonly from: Date; readonly to: Date }): Promise<ComplianceReport> => {
    if (from >= to)
      throw new Malformed('the period ends before it begins', [{ field: 'from', message: `must be before ${to.toISOString()}` }]);
    const events: AuditEvent[] = [];
    let position: Position | undefined;
    for (;;) {
      const found = await trail.before({ tenantId }, { from, to, ...(position ? { position } : {}) }, eventsAtOnce);
      events.push(...found);
      if (events.length > eventsMax) throw new Refused(tooLarge);
      position = found.at(-1);
      if (found.length < eventsAtOnce || position === undefined) return reportOn(events);
    }
  };

const tooLarge = {
  kind: 'unprocessable',
  reason: 'report-too-large',
  message: `the period has more than ${eventsMax} events; ask for the report in parts`,
  facts: { eventsMax },
} as const;
