import { hasEnded, type Job, type JobModule } from './job.ts';

/** A module as one tenant has it. Absent is the absence of this. */
export type TenantModuleStatus = 'Changing' | 'Active' | 'Archived' | 'ManualIntervention';

export interface TenantModule {
  readonly tenantId: string;
  readonly module: string;
  readonly status: TenantModuleStatus;
  /** The version that stands; absent during a first install. */
  readonly version?: string;
  /** The job that is changing it, or needs intervention; only that job may touch it. */
  readonly jobId?: string;
  /** The job that brought the version that stands. */
  readonly installedBy?: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly installedAt?: Date;
}

/** Whether the module works for the tenant: a version stands, also while a job changes it to another. */
export const isUsable = ({ status, version }: TenantModule): boolean =>
  version !== undefined && (status === 'Active' || status === 'Changing');

/**
 * The tenant module after a job's state: the one place where the two machines meet. `undefined` means absent. The
 * configuration that the job brings is kept from the request on, and dropped with a failed first install.
 */
export const tenantModuleAfter = (job: Job, change: JobModule, before: TenantModule | undefined): TenantModule | undefined => {
  const base = { tenantId: job.tenantId, module: change.module, configuration: before?.configuration ?? {} };
  const standing = change.from === null ? {} : { version: change.from };
  const since = {
    ...(before?.installedAt ? { installedAt: before.installedAt } : {}),
    ...(before?.installedBy ? { installedBy: before.installedBy } : {}),
  };
  if (job.state === 'Active')
    return { ...base, status: 'Active', version: change.to, installedAt: before?.installedAt ?? job.updatedAt, installedBy: job.id };
  if (job.state === 'ManualIntervention') return { ...base, ...standing, ...since, status: 'ManualIntervention', jobId: job.id };
  if (!hasEnded(job)) return { ...base, ...standing, ...since, status: 'Changing', jobId: job.id };
  return change.from === null ? undefined : { ...base, ...standing, ...since, status: 'Active' };
};
