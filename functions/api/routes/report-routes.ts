import * as z from 'zod';
import type { makeReadReport, makeRequestReport, ShownReport } from '../../../contexts/analytics/index.ts';
import { defineRoute, type Route, writers } from '../../../contexts/shared/application/route.ts';
import { TenantSlug, Ulid } from '../../../contexts/shared/domain/names.ts';
import { Accepted } from '../views/job-view.ts';

export interface ReportUseCases {
  readonly requestReport: ReturnType<typeof makeRequestReport>;
  readonly readReport: ReturnType<typeof makeReadReport>;
}

/** What happened to a tenant in a period, written down to be kept and handed on. */
export const reportRoutes = (useCases: ReportUseCases): readonly Route[] => [request(useCases), read(useCases)];

const tags = ['Audit'];
const format = z.enum(['json', 'csv']);

const ReportRequest = z
  .strictObject({
    from: z.iso.datetime().meta({ description: 'Events from then on; not before the first that the trail may still keep.' }),
    to: z.iso
      .datetime()
      .meta({ description: 'Events before then. What is to come is cut off: the period ends with the request at the latest.' }),
    format: format.meta({ description: 'A JSON document with what was counted, or a table as in RFC 4180.' }),
  })
  .meta({ id: 'ComplianceReportRequest' });

const Link = z.strictObject({
  url: z.url().meta({ description: 'Opens the report to whoever has it, without a token.' }),
  expiresAt: z.iso.datetime().meta({ description: 'From then on it opens nothing; ask again for another.' }),
});

const ReportView = z
  .strictObject({
    id: Ulid.meta({ description: 'Also of the job that writes it.' }),
    tenant: TenantSlug,
    tenantId: Ulid,
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    format,
    state: z
      .enum(['Pending', 'Validating', 'Reporting', 'Reported', 'Failed'])
      .meta({ description: 'It is written once it is Reported. Failed: try the job again, or ask anew.' }),
    reason: z.string().optional(),
    error: z.strictObject({ name: z.string(), message: z.string() }).optional(),
    events: z.int().min(0).optional().meta({ description: 'How many it has.' }),
    bytes: z.int().min(0).optional(),
    whole: z.boolean().optional().meta({ description: 'Whether no event is missing between others: they are numbered without gaps.' }),
    writtenAt: z.iso.datetime().optional(),
    goneAt: z.iso.datetime().optional().meta({ description: 'From then on it is deleted; ask for it anew.' }),
    link: Link.optional().meta({
      description: 'Made anew at each request, for 15 minutes; absent before the report is written and after it is gone.',
    }),
    requestedBy: z.string(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'ComplianceReport' });

const viewReport = ({ job, written, link }: ShownReport): z.input<typeof ReportView> => {
  const { jobId, tenantSlug, tenantId, from, to, state, reason, error, requestedBy, createdAt } = job;
  return {
    ...{ id: jobId, tenant: tenantSlug, tenantId, from, to, format: job.format, state: state as z.input<typeof ReportView>['state'] },
    ...(reason === undefined ? {} : { reason }),
    ...(error === undefined ? {} : { error: { name: error.name, message: error.message } }),
    ...(written === undefined ? {} : viewWritten(written)),
    ...(link === undefined ? {} : { link: { url: link.url, expiresAt: link.expiresAt.toISOString() } }),
    requestedBy,
    createdAt: createdAt.toISOString(),
  };
};

const viewWritten = ({ events, bytes, whole, writtenAt, goneAt }: NonNullable<ShownReport['written']>) => ({
  ...{ events, bytes, whole },
  writtenAt: writtenAt.toISOString(),
  goneAt: goneAt.toISOString(),
});

const request = ({ requestReport }: ReportUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/audit/reports',
    operationId: 'requestComplianceReport',
    summary: 'Ask for a report on what happened to the tenant in a period',
    description:
      'Who changed what, when, from what to what and why, oldest first; of any size. The same period is the same report, byte by byte.',
    tags,
    roles: writers,
    body: ReportRequest,
    bodyExample: { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z', format: 'csv' },
    answers: {
      202: {
        description: 'A job writes it; `Location` says where it will be found.',
        schema: Accepted,
        example: { jobId: '01JD3M0VZ6W8QK5C9TPRF2A7XE' },
        headers: { location: 'The path of the report.' },
      },
    },
    refusals: { 409: 'Five other reports on the tenant are being written. It is a brake and no lock: of requests at once more may pass.' },
    handle: async ({ tenant, body, caller, idempotency }) => {
      const { jobId } = await requestReport({
        ...{ tenant, format: body.format, from: new Date(body.from), to: new Date(body.to), actor: caller.subject },
        ...(idempotency ? { idempotency } : {}),
      });
      return { status: 202, body: { jobId }, headers: { location: `/api/v1/tenants/${tenant.slug}/audit/reports/${jobId}` } };
    },
  });

const read = ({ readReport }: ReportUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/audit/reports/{report}',
    operationId: 'getComplianceReport',
    summary: 'See how a report stands, and get a link to it',
    tags,
    roles: writers,
    params: z.strictObject({ report: Ulid }),
    answers: { 200: { description: 'The report.', schema: ReportView } },
    refusals: { 404: 'The tenant has no such report.' },
    handle: async ({ tenant, params }) => ({ status: 200, body: viewReport(await readReport(tenant.id, params.report)) }),
  });
