import * as z from 'zod';
import { csvOf, type makeReport } from '../../../contexts/analytics/index.ts';
import { defineRoute, type Route, writers } from '../../../contexts/shared/application/route.ts';
import { ModuleName, TenantSlug, Ulid } from '../../../contexts/shared/domain/names.ts';

export interface ReportUseCases {
  readonly report: ReturnType<typeof makeReport>;
}

/** What happened to a tenant in a period, to be kept and handed on. */
export const reportRoutes = (useCases: ReportUseCases): readonly Route[] => [json(useCases), csv(useCases)];

const tags = ['Audit'];
const refusals = { 422: 'The period has more than 10,000 events: ask in parts.' };
const query = z.strictObject({
  from: z.iso.datetime().meta({ description: 'Events from then on.', example: '2026-01-01T00:00:00Z' }),
  to: z.iso.datetime().meta({ description: 'Events before then.', example: '2026-02-01T00:00:00Z' }),
});
const periodOf = ({ from, to }: z.output<typeof query>) => ({ from: new Date(from), to: new Date(to) });

const Counts = z.record(z.string(), z.int().positive());

const ReportLine = z.strictObject({
  at: z.iso.datetime(),
  name: z.string(),
  actor: z.string(),
  modules: z.array(ModuleName),
  from: z.string().optional(),
  to: z.string().optional(),
  reason: z.string().optional(),
  jobId: Ulid.optional(),
  id: Ulid,
  aggregate: z.string(),
  sequence: z.int().positive(),
});

const ReportView = z
  .strictObject({
    tenant: TenantSlug,
    tenantId: Ulid,
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    whole: z.boolean().meta({ description: 'Whether no event is missing between others: they are numbered without gaps.' }),
    gaps: z.array(z.strictObject({ aggregate: z.string(), after: z.int(), before: z.int() })),
    byName: Counts,
    byActor: Counts,
    events: z.array(ReportLine).meta({ description: 'Oldest first.' }),
  })
  .meta({ id: 'ComplianceReport' });

const json = ({ report }: ReportUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/audit/report',
    operationId: 'getComplianceReport',
    summary: 'Report on what happened to the tenant in a period',
    description: 'Who changed what, when, from what to what and why; and whether the trail is whole.',
    tags,
    roles: writers,
    query,
    answers: { 200: { description: 'The report.', schema: ReportView } },
    refusals,
    handle: async ({ tenant, query: asked }) => {
      const { lines, gaps, ...rest } = await report(tenant.id, periodOf(asked));
      const about = { tenant: tenant.slug, tenantId: tenant.id, ...asked };
      return { status: 200, body: { ...about, whole: gaps.length === 0, gaps, ...rest, events: lines } };
    },
  });

const csv = ({ report }: ReportUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/audit/report.csv',
    operationId: 'getComplianceReportCsv',
    summary: 'Report on what happened to the tenant in a period, as a table',
    description: 'A line for each event, oldest first, the names of its columns in the first.',
    tags,
    roles: writers,
    query,
    answers: { 200: { description: 'CSV as in RFC 4180.', contentType: 'text/csv' } },
    refusals,
    handle: async ({ tenant, query: asked }) => {
      const name = `${tenant.slug}-${asked.from.slice(0, 10)}-${asked.to.slice(0, 10)}.csv`;
      const headers = { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': `attachment; filename="${name}"` };
      return { status: 200, headers, body: csvOf(await report(tenant.id, periodOf(asked))) };
    },
  });
