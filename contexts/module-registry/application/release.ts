import { Defect } from '../../shared/domain/errors.ts';
import { isDone, type Job, type JobModule } from '../domain/job.ts';
import { type Brought, type TenantModule, tenantModuleAfter } from '../domain/tenant-module.ts';
import type { GivenConfiguration, JobStore, TenantModuleChange, TenantModules } from './ports.ts';

export interface ReleasePorts {
  readonly jobs: Pick<JobStore, 'configuration'>;
  readonly tenantModules: Pick<TenantModules, 'read'>;
  readonly archiveDays: number;
}

/**
 * The tenant modules that an ended job leaves; until then they were locked by it, which the store checks. What a first install
 * brought is known from the job; of what stood there before, the tenant's own items are read.
 */
export const releasedBy = async (ports: ReleasePorts, job: Job): Promise<readonly TenantModuleChange[]> => {
  const known = job.modules.every(({ change }) => change === 'install');
  const locked = known ? job.modules.map((change) => lockedBy(job, change)) : await readLocked(ports, job);
  const given = known || !isDone(job) ? {} : await ports.jobs.configuration(job.id);
  return job.modules.map((change, index) => {
    const before = locked[index] ?? lockedBy(job, change);
    const after = tenantModuleAfter(job, change, before, brought(ports, given[change.module]));
    return { module: change.module, before, ...(after ? { after } : {}) };
  });
};

const brought = ({ archiveDays }: ReleasePorts, given: GivenConfiguration | undefined): Brought => ({ ...given, archiveDays });

const lockedBy = (job: Job, change: JobModule): TenantModule => ({
  tenantId: job.tenantId,
  module: change.module,
  status: 'Changing',
  jobId: job.id,
  configuration: {},
});

const readLocked = async ({ tenantModules }: ReleasePorts, job: Job): Promise<readonly TenantModule[]> => {
  const read = await tenantModules.read(job.tenantId);
  if (!read) throw new Defect(`the tenant of job ${job.id} is gone`);
  return job.modules.map((change) => {
    const found = read.modules.find(({ module, jobId }) => module === change.module && jobId === job.id);
    if (!found) throw new Defect(`${change.module} is not in the hands of job ${job.id}`);
    return found;
  });
};
