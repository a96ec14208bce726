import { randomBytes } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { makeProvisionSteps, requestJob, startOrLeave, type TenantProvisioning } from '../../contexts/module-registry/index.ts';
import { makeDataApiClient } from '../../contexts/shared/adapters/data-api.ts';
import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { Defect } from '../../contexts/shared/domain/errors.ts';
import {
  makeDataApiAdministration,
  makeDeprovision,
  makeDynamoTenants,
  makeProvision,
  makeSecretsManagerSecrets,
  newTenantWrites,
  type ProvisionJobs,
  provisionedWrite,
} from '../../contexts/tenancy/index.ts';
import { openJobMetrics } from './job-metrics.ts';
import { clock, leaseSettings, newId, openExecutions, openJobs, openTable, settings } from './registry.ts';

export const composeProvisionSteps = () => {
  const { LEASE_SECONDS } = settings(leaseSettings);
  const table = openTable();
  const provisioning = openProvisioning(table);
  return {
    ...makeProvisionSteps({ jobs: openJobs(table), provisioning, clock, leaseSeconds: LEASE_SECONDS, onJobEnded: openJobMetrics() }),
  };
};

const openProvisioning = (table: Table): TenantProvisioning => {
  const env = settings({ CLUSTER_ARN: z.string(), ADMIN_SECRET_ARN: z.string(), SECRET_PREFIX: z.string() });
  const administration = makeDataApiAdministration({
    client: makeDataApiClient(),
    clusterArn: env.CLUSTER_ARN,
    adminSecretArn: env.ADMIN_SECRET_ARN,
  });
  const secrets = makeSecretsManagerSecrets(new SecretsManagerClient({}), env.SECRET_PREFIX);
  const ports = { administration, secrets, newPassword: () => randomBytes(24).toString('base64url'), newSalt: () => randomBytes(16) };
  const provision = makeProvision(ports);
  const deprovision = makeDeprovision(ports);
  const tenants = makeDynamoTenants(table);
  const tenantOf = async (tenantId: string) => {
    const tenant = await tenants.get(tenantId);
    if (!tenant) throw new Defect(`there is no tenant ${tenantId}`);
    return tenant;
  };
  return {
    reach: administration.reach,
    begun: (tenantId) => [provisionedWrite(tenantId, 'provisioning')],
    make: async (tenantId) => [provisionedWrite(tenantId, 'active', await provision(await tenantOf(tenantId)))],
    undo: async (tenantId) => {
      await deprovision(await tenantOf(tenantId));
      return [provisionedWrite(tenantId, 'failed')];
    },
    refused: (tenantId) => [provisionedWrite(tenantId, 'failed')],
  };
};

/** A new tenant's provisioning as a job: tenant, slug and job in one transaction, then the execution. */
export const openProvisionJobs = (table: Table, onStartFailed: (jobId: string, error: Error) => void): ProvisionJobs => {
  const { LEASE_SECONDS, ATTEMPTS_MAX } = settings(leaseSettings);
  const jobs = openJobs(table);
  const executions = openExecutions();
  return {
    request: async (tenant, actor, idempotency) => {
      const { job, events } = requestJob(
        {
          id: newId(),
          kind: 'provision',
          tenantId: tenant.id,
          tenantSlug: tenant.slug,
          modules: [],
          fence: tenant.revision,
          requestedBy: actor,
          attemptsMax: ATTEMPTS_MAX,
        },
        { at: clock.now(), leaseSeconds: LEASE_SECONDS },
      );
      const answer = { jobId: job.id };
      const record = idempotency ? { idempotency: { ...idempotency, answer } } : {};
      await jobs.commit({ job, events, tenantModules: [], alongside: newTenantWrites(tenant), ...record });
      await startOrLeave({ executions, onStartFailed }, job);
      return answer;
    },
  };
};
