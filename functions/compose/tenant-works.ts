import type {
  ConfigurationSecrets,
  Job,
  JobStore,
  TenantJobKind,
  TenantModules,
  TenantWork,
} from '../../contexts/module-registry/index.ts';
import type { Write } from '../../contexts/shared/adapters/dynamo-table.ts';
import type { Clock } from '../../contexts/shared/domain/clock.ts';
import { Defect } from '../../contexts/shared/domain/errors.ts';
import type { EntitlementStore } from '../../contexts/subscription/index.ts';
import {
  archiveWrite,
  makeDeprovision,
  makeProvision,
  type ProvisioningPorts,
  type Tenant,
  type TenantStore,
  tenantRoles,
  tenantStatusWrite,
} from '../../contexts/tenancy/index.ts';
import { failedTenantWrites } from './tenant-status.ts';

export interface TenantWorkPorts extends ProvisioningPorts {
  readonly tenants: Pick<TenantStore, 'get'>;
  readonly tenantModules: Pick<TenantModules, 'forget'>;
  readonly jobs: Pick<JobStore, 'forgetConfigurations'>;
  /** Write-only values of the tenant's modules. */
  readonly configurationSecrets: Pick<ConfigurationSecrets, 'removeAll'>;
  readonly entitlements: Pick<EntitlementStore, 'releaseAll'>;
  readonly clock: Clock;
  /** How long the data of a deprovisioned tenant is kept. */
  readonly archiveDays: number;
}

const dayMilliseconds = 86_400_000;
const rolesOf = ({ tenantSlug }: Job) => tenantRoles(tenantSlug);

/** What each kind of job does to the cluster, and how the tenant stands before and after it. */
export const tenantWorks = (ports: TenantWorkPorts): Readonly<Record<TenantJobKind, TenantWork>> => {
  const { administration, clock, archiveDays } = ports;
  const common = {
    raiseFence: (job: Job, fence: number) => administration.raiseFence(rolesOf(job), fence),
    begun: () => [],
    refused: failedTenantWrites,
    cleanUp: async () => {},
  };
  return {
    provision: { ...common, ...provisionWork(ports) },
    deprovision: {
      ...common,
      make: async (job, fence) => {
        await administration.archiveDatabase(rolesOf(job), fence);
        const dropAfter = new Date(clock.now().getTime() + archiveDays * dayMilliseconds);
        const set = { dropAfter: dropAfter.toISOString() };
        return [
          tenantStatusWrite(job.tenantId, 'archived', { set, remove: ['previousStatus', 'jobId'] }),
          archiveWrite(job.tenantId, dropAfter),
        ];
      },
      undo: async (job, fence) => {
        await administration.restoreDatabase(rolesOf(job), fence);
        return failedTenantWrites(job);
      },
    },
    'restore-tenant': {
      ...common,
      make: async (job, fence) => {
        await administration.restoreDatabase(rolesOf(job), fence);
        const remove = ['dropAfter', 'jobId'];
        return [tenantStatusWrite(job.tenantId, 'active', { remove }), archiveWrite(job.tenantId, undefined)];
      },
      undo: async (job, fence) => {
        await administration.archiveDatabase(rolesOf(job), fence);
        return failedTenantWrites(job);
      },
    },
    'purge-tenant': { ...common, ...purgeWork(ports) },
  };
};

const tenantOf = async ({ tenants }: TenantWorkPorts, { tenantId }: Job): Promise<Tenant> => {
  const tenant = await tenants.get(tenantId);
  if (!tenant) throw new Defect(`there is no tenant ${tenantId}`);
  return tenant;
};

const provisionWork = (ports: TenantWorkPorts) => {
  const provision = makeProvision(ports);
  const deprovision = makeDeprovision(ports);
  return {
    begun: ({ tenantId }: Job) => [tenantStatusWrite(tenantId, 'provisioning')],
    make: async (job: Job, fence: number): Promise<readonly Write[]> => {
      const made = await provision(await tenantOf(ports, job), fence);
      return [tenantStatusWrite(job.tenantId, 'active', { set: { ...made } })];
    },
    undo: async (job: Job, fence: number): Promise<readonly Write[]> => {
      await deprovision(await tenantOf(ports, job), fence);
      return failedTenantWrites(job);
    },
    cleanUp: async (job: Job, fence: number): Promise<void> => deprovision(await tenantOf(ports, job), fence),
  };
};

const purgeWork = (ports: TenantWorkPorts) => {
  const deprovision = makeDeprovision(ports);
  return {
    make: async (job: Job, fence: number): Promise<readonly Write[]> => {
      await deprovision(await tenantOf(ports, job), fence);
      await ports.entitlements.releaseAll(job.tenantId);
      await ports.configurationSecrets.removeAll(job.tenantId);
      await ports.jobs.forgetConfigurations(job.tenantId);
      await ports.tenantModules.forget(job.tenantId);
      const remove = ['dropAfter', 'jobId', 'ownerSecretArn', 'appSecretArn'];
      return [tenantStatusWrite(job.tenantId, 'deprovisioned', { remove }), archiveWrite(job.tenantId, undefined)];
    },
    undo: async (job: Job): Promise<readonly Write[]> => {
      throw new Defect(`job ${job.id} only goes forward`);
    },
  };
};
