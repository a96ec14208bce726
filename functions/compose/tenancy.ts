import { randomBytes } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import {
  makeDynamoTenantModules,
  makeTenantSteps,
  requestJob,
  startOrLeave,
  type TenantJobKind,
} from '../../contexts/module-registry/index.ts';
import { makeDataApiClient } from '../../contexts/shared/adapters/data-api.ts';
import type { Table, Write } from '../../contexts/shared/adapters/dynamo-table.ts';
import type { IdempotencyKey } from '../../contexts/shared/application/route.ts';
import { makeDynamoEntitlements } from '../../contexts/subscription/index.ts';
import {
  makeDataApiAdministration,
  makeDynamoTenants,
  makeSecretsManagerSecrets,
  newTenantWrites,
  type Tenant,
  type TenantJobs,
  tenantStatusWrite,
} from '../../contexts/tenancy/index.ts';
import { openSecretsToPurge } from './configuration-secrets.ts';
import { openJobMetrics } from './job-metrics.ts';
import { clock, leaseSettings, newId, openExecutions, openJobs, openTable, settings } from './registry.ts';
import { type TenantWorkPorts, tenantWorks } from './tenant-works.ts';

export const composeTenantSteps = () => {
  const { LEASE_SECONDS } = settings(leaseSettings);
  const table = openTable();
  return makeTenantSteps({
    jobs: openJobs(table),
    works: tenantWorks(openTenantWorkPorts(table)),
    clock,
    leaseSeconds: LEASE_SECONDS,
    onJobEnded: openJobMetrics(),
  });
};

const workSettings = {
  CLUSTER_ARN: z.string(),
  ADMIN_SECRET_ARN: z.string(),
  SECRET_PREFIX: z.string(),
  ARCHIVE_DAYS: z.coerce.number().nonnegative(),
};

const openTenantWorkPorts = (table: Table): TenantWorkPorts => {
  const env = settings(workSettings);
  const secrets = new SecretsManagerClient({});
  return {
    administration: makeDataApiAdministration({
      client: makeDataApiClient(),
      clusterArn: env.CLUSTER_ARN,
      adminSecretArn: env.ADMIN_SECRET_ARN,
    }),
    secrets: makeSecretsManagerSecrets(secrets, env.SECRET_PREFIX),
    configurationSecrets: openSecretsToPurge(table, secrets, env.SECRET_PREFIX),
    newPassword: () => randomBytes(24).toString('base64url'),
    newSalt: () => randomBytes(16),
    tenants: makeDynamoTenants(table, newId),
    tenantModules: makeDynamoTenantModules(table),
    jobs: openJobs(table),
    entitlements: makeDynamoEntitlements(table, newId),
    clock,
    archiveDays: env.ARCHIVE_DAYS,
  };
};

/** Jobs about a tenant as a whole: tenant and job in one transaction, then the execution. */
export const openTenantJobs = (table: Table, onStartFailed: (jobId: string, error: Error) => void): TenantJobs => {
  const { LEASE_SECONDS, ATTEMPTS_MAX } = settings(leaseSettings);
  const jobs = openJobs(table);
  const executions = openExecutions();
  const tenantModules = makeDynamoTenantModules(table);
  const request = async (
    tenant: Tenant,
    { kind, fence, actor, idempotency, alongside }: TenantJobRequest,
  ): Promise<{ readonly jobId: string }> => {
    const about = { id: newId(), kind, tenantId: tenant.id, tenantSlug: tenant.slug, modules: [], requested: [], fence };
    const { job, events } = requestJob(
      { ...about, requestedBy: actor, attemptsMax: ATTEMPTS_MAX },
      { at: clock.now(), leaseSeconds: LEASE_SECONDS },
    );
    const answer = { jobId: job.id };
    const record = idempotency ? { idempotency: { ...idempotency, answer } } : {};
    await jobs.commit({ job, events, tenantModules: [], alongside: alongside(job.id), ...record });
    await startOrLeave({ executions, onStartFailed }, job);
    return answer;
  };
  return {
    requestProvision: (tenant, by) =>
      request(tenant, { ...by, kind: 'provision', fence: tenant.revision, alongside: () => newTenantWrites(tenant) }),
    requestChange: (tenant, { change, status, ...by }) => {
      const previous = change === 'deprovision' ? { previousStatus: tenant.status } : {};
      const alongside = (jobId: string) => [tenantStatusWrite(tenant.id, status, { set: { ...previous, jobId }, asRead: tenant })];
      return request(tenant, { ...by, kind: change, fence: tenant.revision + 1, alongside });
    },
    changingJob: async (tenantId) => (await tenantModules.read(tenantId))?.modules.find(({ status }) => status === 'Changing')?.jobId,
  };
};

interface TenantJobRequest {
  readonly kind: TenantJobKind;
  readonly fence: number;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
  /** What is stored about the tenant together with the job. */
  readonly alongside: (jobId: string) => readonly Write[];
}
