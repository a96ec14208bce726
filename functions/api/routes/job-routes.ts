import * as z from 'zod';
import type {
  JobStore,
  makeCancelJob,
  makeReadJob,
  makeReadJobEvents,
  makeReadRestorePoint,
  makeRetryJob,
  makeSettleJob,
} from '../../../contexts/module-registry/index.ts';
import { type Caller, defineRoute, type Route, readers, writers } from '../../../contexts/shared/application/route.ts';
import { Ulid } from '../../../contexts/shared/domain/names.ts';
import { pageOf, pageQuery, pagingOf } from '../../http/paging.ts';
import {
  accepted,
  acceptedAnswer,
  JobEventView,
  JobView,
  RestorePointView,
  viewEvent,
  viewJob,
  viewRestorePoint,
} from '../views/job-view.ts';

export interface JobUseCases {
  readonly listJobs: JobStore['ofTenant'];
  readonly readJob: ReturnType<typeof makeReadJob>;
  readonly readJobEvents: ReturnType<typeof makeReadJobEvents>;
  readonly readRestorePoint: ReturnType<typeof makeReadRestorePoint>;
  readonly retryJob: ReturnType<typeof makeRetryJob>;
  readonly cancelJob: ReturnType<typeof makeCancelJob>;
  readonly settleJob: ReturnType<typeof makeSettleJob>;
}

/** Jobs and their trail. Another tenant's job does not exist for a tenant role. */
export const jobRoutes = (useCases: JobUseCases): readonly Route[] => [
  list(useCases),
  read(useCases, '/jobs/{job}', 'getJob'),
  read(useCases, '/installation-jobs/{job}', 'getInstallationJob'),
  events(useCases),
  restorePoint(useCases),
  retry(useCases),
  cancel(useCases),
  resolve(useCases),
];

const tags = ['Jobs'];
const params = z.strictObject({ job: Ulid });
const refusals = { 404: 'There is no such job, or it is another tenant’s.' };

const queryOf = (caller: Caller, jobId: string) =>
  caller.role === 'platform-admin' ? { jobId } : { jobId, ofTenant: caller.tenantId ?? '' };

const list = (useCases: JobUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/jobs',
    operationId: 'listTenantJobs',
    summary: 'List the tenant’s jobs, newest first',
    tags,
    roles: readers,
    query: pageQuery,
    answers: { 200: { description: 'A page of jobs.', schema: pageOf(JobView) } },
    handle: async ({ tenant, query }) => {
      const { items, ...rest } = await useCases.listJobs(tenant.id, pagingOf(query));
      return { status: 200, body: { items: items.map(viewJob), ...rest } };
    },
  });

const read = (useCases: JobUseCases, path: '/jobs/{job}' | '/installation-jobs/{job}', operationId: string): Route =>
  defineRoute({
    method: 'GET',
    path,
    operationId,
    summary: 'Read a job: its state and progress',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The job.', schema: JobView } },
    refusals,
    handle: async ({ caller, params: { job } }) => ({ status: 200, body: viewJob(await useCases.readJob(queryOf(caller, job))) }),
  });

const events = (useCases: JobUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/jobs/{job}/events',
    operationId: 'listJobEvents',
    summary: 'List a job’s trail, oldest first',
    tags,
    roles: readers,
    params,
    query: pageQuery,
    answers: { 200: { description: 'A page of events.', schema: pageOf(JobEventView) } },
    refusals,
    handle: async ({ caller, params: { job }, query }) => {
      const { items, ...rest } = await useCases.readJobEvents(queryOf(caller, job), pagingOf(query));
      return { status: 200, body: { items: items.map(viewEvent), ...rest } };
    },
  });

const restorePoint = (useCases: JobUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/jobs/{job}/restore-point',
    operationId: 'getJobRestorePoint',
    summary: 'Read what stood before the job changed anything',
    description:
      'Where the data lies and since when the job may have changed it: what a point-in-time recovery needs, and what it must find.',
    tags,
    roles: ['platform-admin'],
    params,
    answers: { 200: { description: 'The restore point.', schema: RestorePointView } },
    refusals: { 404: 'There is no such job, or it has not begun to change anything.' },
    handle: async ({ caller, params: { job } }) => ({
      status: 200,
      body: viewRestorePoint(await useCases.readRestorePoint(queryOf(caller, job))),
    }),
  });

const retry = (useCases: JobUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/jobs/{job}/retry',
    operationId: 'retryJob',
    summary: 'Try a failed job again',
    description: 'A failed job starts over if its plan still holds; one that needs intervention goes on where it was stuck.',
    tags,
    roles: writers,
    params,
    answers: { 202: acceptedAnswer },
    refusals: {
      ...refusals,
      402: 'The tenant has no subscription to a module of the plan.',
      409:
        'The job is neither failed nor in need of intervention, its module is in other hands or configured otherwise by now, or the same ' +
        'wishes lead to another plan.',
      422: 'No version fits any more, or the tenant’s plan allows no more; the message says why.',
    },
    handle: async ({ caller, params: { job }, idempotency }) => {
      const { id } = await useCases.readJob(queryOf(caller, job));
      return accepted(await useCases.retryJob({ jobId: id, actor: caller.subject, ...(idempotency ? { idempotency } : {}) }));
    },
  });

const cancel = (useCases: JobUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/jobs/{job}/cancel',
    operationId: 'cancelJob',
    summary: 'Call an open job off',
    description: 'What the job has begun is rolled back; it ends Cancelled. Asking again changes nothing.',
    tags,
    roles: writers,
    params,
    answers: { 202: acceptedAnswer },
    refusals: { ...refusals, 409: 'The job has ended, or has committed what cannot be undone and is being finished.' },
    handle: async ({ caller, params: { job }, idempotency }) => {
      const { id } = await useCases.readJob(queryOf(caller, job));
      return accepted(await useCases.cancelJob({ jobId: id, actor: caller.subject, ...(idempotency ? { idempotency } : {}) }));
    },
  });

const resolve = (useCases: JobUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/jobs/{job}/resolve',
    operationId: 'resolveJob',
    summary: 'Say how a job in ManualIntervention was put right by hand',
    description:
      '`undone`: as before the job, which ends Failed. `done`: as the job was to leave it. It is believed, and kept in the trail.',
    tags,
    roles: ['platform-admin'],
    params,
    body: z.strictObject({ as: z.enum(['undone', 'done']) }),
    bodyExample: { as: 'undone' },
    answers: { 200: { description: 'The job as it ended.', schema: JobView } },
    refusals: { ...refusals, 409: 'The job is not in ManualIntervention, or has committed what cannot be undone.' },
    handle: async ({ caller, params: { job }, body: { as }, idempotency }) => {
      await useCases.settleJob({ jobId: job, as, actor: caller.subject, ...(idempotency ? { idempotency } : {}) });
      return { status: 200, body: viewJob(await useCases.readJob(queryOf(caller, job))) };
    },
  });
