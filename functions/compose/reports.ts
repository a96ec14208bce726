import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import {
  makeDynamoTrail,
  makeS3ReportFiles,
  makeWriteReport,
  type ReportJob,
  type ReportJobs,
  reportPut,
} from '../../contexts/analytics/index.ts';
import { hasEnded, type Job, makeReportSteps, requestJob, startOrLeave } from '../../contexts/module-registry/index.ts';
import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { openJobMetrics } from './job-metrics.ts';
import { clock, leaseSettings, newId, openJobs, openReportExecutions, openTable, settings } from './registry.ts';
import { onStartFailed } from './start-failed.ts';

/** Three tries of the SDK fit into what a job may be silent. */
const storageTimeouts = { connectionTimeout: 2_000, requestTimeout: 20_000, throwOnRequestTimeout: true };

export const openReportFiles = () =>
  makeS3ReportFiles(new S3Client({ requestHandler: storageTimeouts }), settings({ REPORTS_BUCKET: z.string() }).REPORTS_BUCKET);

export const composeReportSteps = () => {
  const { LEASE_SECONDS, REPORT_DAYS } = settings({
    LEASE_SECONDS: leaseSettings.LEASE_SECONDS,
    REPORT_DAYS: z.coerce.number().positive(),
  });
  const table = openTable();
  const trail = makeDynamoTrail(table);
  const writeReport = makeWriteReport({ trail, files: openReportFiles(), clock, newId, reportDays: REPORT_DAYS });
  return makeReportSteps({
    jobs: openJobs(table),
    write: async (report, goOn) => [reportPut(report.jobId, await writeReport(report, goOn))],
    clock,
    leaseSeconds: LEASE_SECONDS,
    onJobEnded: openJobMetrics(),
  });
};

/** How many of a tenant's newest jobs are looked at for reports that are being written. */
const jobsLookedAt = 25;

/** The registry's jobs, as far as they write reports: they lock nothing, and ask nothing of the tenant. */
export const openReportJobs = (table: Table): ReportJobs => {
  const { LEASE_SECONDS, ATTEMPTS_MAX } = settings(leaseSettings);
  const jobs = openJobs(table);
  const executions = openReportExecutions();
  return {
    open: async (tenantId) =>
      (await jobs.ofTenant(tenantId, { limit: jobsLookedAt })).items.filter((job) => !hasEnded(job)).flatMap(reportJobOf),
    read: async (jobId) => {
      const job = await jobs.get(jobId);
      return job && reportJobOf(job)[0];
    },
    request: async ({ id: tenantId, slug: tenantSlug }, report, { actor, idempotency }) => {
      const about = { id: newId(), kind: 'report' as const, tenantId, tenantSlug, modules: [], requested: [], report, fence: 1 };
      const request = { ...about, requestedBy: actor, attemptsMax: ATTEMPTS_MAX };
      const { job, events } = requestJob(request, { at: clock.now(), leaseSeconds: LEASE_SECONDS });
      const answer = { jobId: job.id };
      await jobs.commit({ job, events, tenantModules: [], ...(idempotency ? { idempotency: { ...idempotency, answer } } : {}) });
      await startOrLeave({ executions, onStartFailed }, job);
      return answer;
    },
  };
};

const reportJobOf = ({ id, tenantId, tenantSlug, state, reason, error, requestedBy, createdAt, report }: Job): readonly ReportJob[] =>
  report === undefined
    ? []
    : [
        {
          ...{ jobId: id, tenantId, tenantSlug, state, requestedBy, createdAt },
          ...report,
          ...(reason === undefined ? {} : { reason }),
          ...(error === undefined ? {} : { error }),
        },
      ];
