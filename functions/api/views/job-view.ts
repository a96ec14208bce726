import * as z from 'zod';
import { type Job, type JobRestorePoint, jobKinds } from '../../../contexts/module-registry/index.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { ModuleName, TenantSlug, Ulid } from '../../../contexts/shared/domain/names.ts';

const jobStates = [
  'Pending',
  'Validating',
  'Installing',
  'Upgrading',
  'Downgrading',
  'Uninstalling',
  'Provisioning',
  'Deprovisioning',
  'Restoring',
  'Purging',
  'Reporting',
  'RollingBack',
  'Active',
  'Uninstalled',
  'Provisioned',
  'Deprovisioned',
  'Restored',
  'Purged',
  'Reported',
  'Cancelled',
  'Failed',
  'ManualIntervention',
] as const satisfies readonly Job['state'][];

const Facts = z.record(z.string(), z.unknown());

const WhatWentWrong = z.strictObject({ name: z.string(), message: z.string(), facts: Facts.optional() });

const ModuleChange = z.strictObject({
  module: ModuleName,
  from: z.string().nullable().meta({ description: 'null for a first install.' }),
  to: z.string().nullable().meta({ description: 'null when it is removed.' }),
  change: z.enum(['install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge']),
  why: z.string(),
  progress: z.strictObject({ applied: z.int(), total: z.int() }).meta({ description: 'Migrations that stand, of all.' }),
});

/** A job as the API shows it. */
export const JobView = z
  .strictObject({
    id: Ulid,
    kind: z.enum(jobKinds as readonly [Job['kind'], ...Job['kind'][]]),
    tenant: TenantSlug,
    tenantId: Ulid,
    modules: z.array(ModuleChange).meta({ description: 'In the order of work; empty for a job about the tenant as a whole.' }),
    state: z.enum(jobStates),
    attempt: z.int().positive(),
    waiting: z
      .strictObject({ reason: z.string(), message: z.string(), since: z.iso.datetime(), nextTryAt: z.iso.datetime() })
      .optional()
      .meta({ description: 'What the job waits for before it begins, and when it looks again.' }),
    reason: z.string().optional(),
    error: WhatWentWrong.optional(),
    requestedBy: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    leaseUntil: z.iso.datetime().optional().meta({ description: 'Until when the attempt may be silent; absent once the job has ended.' }),
  })
  .meta({ id: 'Job' });

export const viewJob = (job: Job): z.input<typeof JobView> => ({
  id: job.id,
  kind: job.kind,
  tenant: job.tenantSlug,
  tenantId: job.tenantId,
  modules: job.modules.map(({ module, from, to, change, why, progress }) => ({ module, from, to, change, why, progress: { ...progress } })),
  state: job.state,
  attempt: job.attempt,
  ...(job.waiting === undefined
    ? {}
    : { waiting: { ...job.waiting, since: job.waiting.since.toISOString(), nextTryAt: job.waiting.nextTryAt.toISOString() } }),
  ...(job.reason === undefined ? {} : { reason: job.reason }),
  ...(job.error === undefined ? {} : { error: viewError(job.error) }),
  requestedBy: job.requestedBy,
  createdAt: job.createdAt.toISOString(),
  updatedAt: job.updatedAt.toISOString(),
  ...(job.leaseUntil === undefined ? {} : { leaseUntil: job.leaseUntil.toISOString() }),
});

const viewError = ({ name, message, facts }: NonNullable<Job['error']>): z.input<typeof WhatWentWrong> => ({
  name,
  message,
  ...(facts === undefined ? {} : { facts: { ...facts } }),
});

/** One change of a job's state, as its trail keeps it. */
export const JobEventView = z
  .strictObject({
    id: Ulid,
    sequence: z.int().positive().meta({ description: 'From 1, without gaps.' }),
    name: z.string().meta({ description: 'The name on the event bus, e.g. ModuleInstallationCompleted.' }),
    at: z.iso.datetime(),
    actor: z.string().meta({ description: 'A subject id, or `system`.' }),
    module: ModuleName.optional(),
    from: z.string().optional(),
    to: z.string().optional(),
    attempt: z.int().optional(),
    reason: z.string().optional(),
    stepDurationsMs: z
      .record(z.string(), z.int().min(0))
      .optional()
      .meta({ description: 'What took how long since the event before: by step, and the rest under the state’s name.' }),
    error: Facts.optional(),
    facts: Facts.optional(),
  })
  .meta({ id: 'JobEvent' });

export const viewEvent = (event: AuditEvent): z.input<typeof JobEventView> => {
  const { aggregate: _aggregate, jobId: _jobId, tenantId: _tenantId, stepDurationsMs, error, facts, ...shown } = event;
  return {
    ...shown,
    ...(stepDurationsMs === undefined ? {} : { stepDurationsMs: { ...stepDurationsMs } }),
    ...(error === undefined ? {} : { error: { ...error } }),
    ...(facts === undefined ? {} : { facts: { ...facts } }),
  };
};

/** What stood before a job changed anything. */
export const RestorePointView = z
  .strictObject({
    at: z.iso.datetime().meta({ description: 'Until then the job had changed nothing.' }),
    clusterArn: z.string(),
    database: z.string(),
    modules: z
      .array(
        z.strictObject({
          module: ModuleName,
          version: z.string(),
          fingerprint: z.string().meta({ description: 'Of the module’s schema.' }),
          rowCounts: z.record(z.string(), z.int()).meta({ description: 'By table; exact, unless `estimated`.' }),
          estimated: z.literal(true).optional().meta({ description: 'There were too many rows to count in time.' }),
          lsn: z.string().optional().meta({ description: 'Where PostgreSQL’s log stood.' }),
          at: z.iso.datetime(),
        }),
      )
      .meta({ description: 'Those that stood there and were to be changed.' }),
  })
  .meta({ id: 'RestorePoint' });

export const viewRestorePoint = ({ at, modules, ...place }: JobRestorePoint): z.input<typeof RestorePointView> => ({
  at: at.toISOString(),
  ...place,
  modules: modules.map((module) => ({ ...module, rowCounts: { ...module.rowCounts } })),
});

/** The answer to everything that a job does: 202. */
export const Accepted = z.strictObject({ jobId: Ulid }).meta({ id: 'Accepted' });

/** 202 with the job and where to follow it. */
export const accepted = ({ jobId }: { readonly jobId: string }) => ({
  status: 202 as const,
  body: { jobId },
  headers: { location: `/api/v1/jobs/${jobId}` },
});

export const acceptedAnswer = {
  description:
    'A job does it; `Location` says where to follow it. The job is stored: if its workflow cannot be started now, that follows when its lease has run out.',
  schema: Accepted,
  example: { jobId: '01JD3M0VZ6W8QK5C9TPRF2A7XE' },
  headers: { location: 'The path of the job.' },
} as const;
