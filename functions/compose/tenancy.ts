import { randomBytes } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import {
  type Job,
  makeDynamoTenantModules,
  makeTenantSteps,
  requestJob,
  startOrLeave,
  type TenantJobKind,
  type TenantWork,
} from '../../contexts/module-registry/index.ts';
import { makeDataApiClient } from '../../contexts/shared/adapters/data-api.ts';
import type { Table, Write } from '../../contexts/shared/adapters/dynamo-table.ts';
import type { IdempotencyKey } from '../../contexts/shared/application/route.ts';
import { Defect } from '../../contexts/shared/domain/errors.ts';
import {
  archiveWrite,
  makeDataApiAdministration,
  makeDeprovision,
  makeDynamoTenants,
  makeProvision,
  makeSecretsManagerSecrets,
  newTenantWrites,
  type Tenant,
  type TenantJobs,
  tenantRoles,
  tenantStatusWrite,
} from '../../contexts/tenancy/index.ts';
import { openJobMetrics } from './job-metrics.ts';
import { clock, leaseSettings, newId, openExecutions, openJobs, openTable, settings } from './registry.ts';
import { failedTenantWrites } from './tenant-status.ts';

export const composeTenantSteps = () => {
  const { LEASE_SECONDS } = settings(leaseSettings);
  const table = openTable();
  return makeTenantSteps({
    jobs: openJobs(table),
    works: openTenantWorks(table),
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
const dayMilliseconds = 86_400_000;

/** What each kind of job does to the cluster, and how the tenant stands before and after it. */
const openTenantWorks = (table: Table): Readonly<Record<TenantJobKind, TenantWork>> => {
  const env = settings(workSettings);
  const administration = makeDataApiAdministration({
    client: makeDataApiClient(),
    clusterArn: env.CLUSTER_ARN,
    adminSecretArn: env.ADMIN_SECRET_ARN,
  });
  const secrets = makeSecretsManagerSecrets(new SecretsManagerClient({}), env.SECRET_PREFIX);
  const ports = { administration, secrets, newPassword: () => randomBytes(24).toString('base64url'), newSalt: () => randomBytes(16) };
  const provision = makeProvision(ports);
  const deprovision = makeDeprovision(ports);
  const tenants = makeDynamoTenants(table, newId);
  const tenantModules = makeDynamoTenantModules(table);
  const tenantOf = async ({ tenantId }: Job): Promise<Tenant> => {
    const tenant = await tenants.get(tenantId);
    if (!tenant) throw new Defect(`there is no tenant ${tenantId}`);
    return tenant;
  };
  const rolesOf = ({ tenantSlug }: Job) => tenantRoles(tenantSlug);
  const archive = async (job: Job): Promise<readonly Write[]> => {
    await administration.archiveDatabase(rolesOf(job), job.fence);
    const dropAfter = new Date(clock.now().getTime() + env.ARCHIVE_DAYS * dayMilliseconds);
    return [
      tenantStatusWrite(job.tenantId, 'archived', { set: { dropAfter: dropAfter.toISOString() }, remove: ['previousStatus'] }),
      archiveWrite(job.tenantId, dropAfter),
    ];
  };
  const common = {
    raiseFence: (job: Job) => administration.raiseFence(rolesOf(job), job.fence),
    begun: () => [],
    refused: failedTenantWrites,
    cleanUp: async () => {},
  };
  return {
    provision: {
      ...common,
      begun: ({ tenantId }) => [tenantStatusWrite(tenantId, 'provisioning')],
      make: async (job) => {
        const made = await provision(await tenantOf(job), job.fence);
        return [tenantStatusWrite(job.tenantId, 'active', { set: { ...made } })];
      },
      undo: async (job) => {
        await deprovision(await tenantOf(job), job.fence);
        return failedTenantWrites(job);
      },
      cleanUp: ({ tenantId }) => secrets.remove(tenantId),
    },
    deprovision: {
      ...common,
      make: archive,
      undo: async (job) => {
        await administration.restoreDatabase(rolesOf(job), job.fence);
        return failedTenantWrites(job);
      },
    },
    'restore-tenant': {
      ...common,
      make: async (job) => {
        await administration.restoreDatabase(rolesOf(job), job.fence);
        return [tenantStatusWrite(job.tenantId, 'active', { remove: ['dropAfter'] }), archiveWrite(job.tenantId, undefined)];
      },
      undo: async (job) => {
        await administration.archiveDatabase(rolesOf(job), job.fence);
        return failedTenantWrites(job);
      },
    },
    'purge-tenant': {
      ...common,
      make: async (job) => {
        await deprovision(await tenantOf(job), job.fence);
        await tenantModules.forget(job.tenantId);
        const remove = ['dropAfter', 'ownerSecretArn', 'appSecretArn'];
        return [tenantStatusWrite(job.tenantId, 'deprovisioned', { remove }), archiveWrite(job.tenantId, undefined)];
      },
      undo: async (job) => {
        throw new Defect(`job ${job.id} only goes forward`);
      },
    },
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
    const about = { id: newId(), kind, tenantId: tenant.id, tenantSlug: tenant.slug, modules: [], fence };
    const { job, events } = requestJob(
      { ...about, requestedBy: actor, attemptsMax: ATTEMPTS_MAX },
      { at: clock.now(), leaseSeconds: LEASE_SECONDS },
    );
    const answer = { jobId: job.id };
    const record = idempotency ? { idempotency: { ...idempotency, answer } } : {};
    await jobs.commit({ job, events, tenantModules: [], alongside, ...record });
    await startOrLeave({ executions, onStartFailed }, job);
    return answer;
  };
  return {
    requestProvision: (tenant, by) =>
      request(tenant, { ...by, kind: 'provision', fence: tenant.revision, alongside: newTenantWrites(tenant) }),
    requestChange: (tenant, { change, status, ...by }) => {
      const set = change === 'deprovision' ? { previousStatus: tenant.status } : {};
      const alongside = [tenantStatusWrite(tenant.id, status, { set, asRead: tenant })];
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
  readonly alongside: readonly Write[];
}
