import type { Configuration, KeptSecrets } from './configuration.ts';
import { hasEnded, isAboutModules, isDone, type Job, type JobModule } from './job.ts';

/** A module as one tenant has it. Absent is the absence of this. */
export type TenantModuleStatus = 'Changing' | 'Active' | 'Archived' | 'ManualIntervention';

/** What an uninstall leaves: the module's schema under another name, until it is restored or its time has come. */
export interface Archive {
  /** Its schema is `{module}__a{number}`. Never used again while the tenant has the module. */
  readonly number: number;
  /** The version that stands in it. */
  readonly version: string;
  readonly at: Date;
  /** It is purged from then on. */
  readonly expiresAt: Date;
}

export interface TenantModule {
  readonly tenantId: string;
  readonly module: string;
  readonly status: TenantModuleStatus;
  /** The version that stands; absent during a first install, and of an archive. */
  readonly version?: string;
  /** The job that is changing it, or needs intervention; only that job may touch it. */
  readonly jobId?: string;
  /** That job takes it away: its tables may be out of reach from one moment to the next. */
  readonly leaving?: true;
  /** The job that brought the version that stands. */
  readonly installedBy?: string;
  /** Without what is write-only. */
  readonly configuration: Configuration;
  /** Absent while no write-only field is set. */
  readonly secrets?: KeptSecrets;
  readonly installedAt?: Date;
  readonly archive?: Archive;
  /** The number of the last archive that was made. */
  readonly archives?: number;
}

/** Whether the module works for the tenant: a version stands, also while a job changes it to another, but not while one takes it away. */
export const isUsable = ({ status, version, leaving }: TenantModule): boolean =>
  version !== undefined && (status === 'Active' || (status === 'Changing' && leaving !== true));

/** What a job's end may bring besides its plan. */
export interface Brought {
  /** The configuration that the request gave for the module; absent: it stays as it is. */
  readonly configuration?: Configuration;
  /** Where its write-only values are, if the request gave some; absent: they stay as they are. */
  readonly secrets?: KeptSecrets;
  readonly archiveDays: number;
}

/**
 * The tenant module after a job's state: the one place where the two machines meet. `undefined` means absent. The
 * configuration that a first install brings is kept from the request on, and dropped when it fails.
 */
export const tenantModuleAfter = (
  job: Job,
  change: JobModule,
  before: TenantModule | undefined,
  brought: Brought,
): TenantModule | undefined => {
  const base = { tenantId: job.tenantId, module: change.module, configuration: before?.configuration ?? {} };
  const kept = { ...secretsOf(before?.secrets), ...sinceOf(before), ...archiveOf(before) };
  if (isDone(job)) return changed(job, change, before, brought);
  const standing = stands(job, change) ? { version: change.from } : {};
  if (job.state === 'ManualIntervention') return { ...base, ...standing, ...kept, status: 'ManualIntervention', jobId: job.id };
  if (!hasEnded(job)) return { ...base, ...standing, ...kept, ...leavingBy(change), status: 'Changing', jobId: job.id };
  if (stands(job, change)) return { ...base, ...standing, ...kept, status: 'Active' };
  return before?.archive ? { ...base, ...kept, status: 'Archived' } : undefined;
};

/** Whether a version stands that tenants use, until the job is done. */
const stands = ({ kind }: Job, change: JobModule): change is JobModule & { readonly from: string } =>
  change.from !== null && kind !== 'restore' && kind !== 'purge' && isAboutModules(kind);

const changed = (
  job: Job,
  { module, from, to, archive }: JobModule,
  before: TenantModule | undefined,
  brought: Brought,
): TenantModule | undefined => {
  const configuration = brought.configuration ?? before?.configuration ?? {};
  const base = { tenantId: job.tenantId, module, configuration, ...secretsOf(brought.secrets ?? before?.secrets) };
  const archives = before?.archives === undefined ? {} : { archives: before.archives };
  if (to !== null)
    return { ...base, ...archives, status: 'Active', version: to, installedAt: before?.installedAt ?? job.updatedAt, installedBy: job.id };
  if (job.kind === 'purge' || from === null || archive === undefined) return undefined;
  const expiresAt = new Date(job.updatedAt.getTime() + brought.archiveDays * 86_400_000);
  return {
    ...base,
    ...sinceOf(before),
    status: 'Archived',
    archives: archive,
    archive: { number: archive, version: from, at: job.updatedAt, expiresAt },
  };
};

const leavingBy = ({ change }: JobModule) => (change === 'uninstall' ? ({ leaving: true } as const) : {});

const secretsOf = (secrets: KeptSecrets | undefined) => (secrets ? { secrets } : {});

const sinceOf = (before: TenantModule | undefined) => ({
  ...(before?.installedAt ? { installedAt: before.installedAt } : {}),
  ...(before?.installedBy ? { installedBy: before.installedBy } : {}),
});

const archiveOf = (before: TenantModule | undefined) => ({
  ...(before?.archive ? { archive: before.archive } : {}),
  ...(before?.archives === undefined ? {} : { archives: before.archives }),
});
