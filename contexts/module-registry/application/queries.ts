import type { AuditEvent } from '../../shared/domain/audit-event.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import type { Job, RestorePoint } from '../domain/job.ts';
import { type CatalogModule, newestFirst } from '../domain/module-version.ts';
import { isUsable, type TenantModule } from '../domain/tenant-module.ts';
import { type CatalogEntry, makeReadModule } from './catalog.ts';
import type { Catalog, JobStore, ModuleRestorePoint, PageOf, Paging, TenantModules } from './ports.ts';

/** Questions that are answered from the registry table alone. `drafts` says whether versions are shown that nobody published yet. */

/** Modules by name. Without drafts a page may be shorter than asked, and more may follow all the same. */
export const makeListModules =
  (catalog: Pick<Catalog, 'list'>) =>
  async ({ drafts, ...paging }: Paging & { readonly drafts: boolean }): Promise<PageOf<CatalogModule>> => {
    const page = await catalog.list(paging);
    return drafts ? page : { ...page, items: page.items.filter(({ newestPublished }) => newestPublished !== undefined) };
  };

/** A module with its versions, newest first. Rejects with `Refused` (404) when there is nothing to show. */
export const makeShowModule =
  (catalog: Pick<Catalog, 'read'>) =>
  async ({ module, drafts }: { readonly module: string; readonly drafts: boolean }): Promise<CatalogEntry> => {
    const entry = await makeReadModule(catalog)(module);
    const versions = newestFirst(entry.versions).filter(({ status }) => drafts || status !== 'draft');
    if (drafts || versions.length > 0) return { ...entry, versions };
    return makeReadModule({ read: async () => undefined })(module);
  };

/** The modules a tenant has, by name. */
export const makeListTenantModules =
  (tenantModules: TenantModules) =>
  async (tenantId: string): Promise<readonly TenantModule[]> =>
    (await tenantModules.read(tenantId))?.modules ?? [];

/** Rejects with `Refused` (404) when the tenant does not have the module. */
export const makeReadTenantModule =
  (tenantModules: TenantModules) =>
  async (tenantId: string, module: string): Promise<TenantModule> => {
    const found = (await makeListTenantModules(tenantModules)(tenantId)).find((tenantModule) => tenantModule.module === module);
    if (found) return found;
    throw new Refused(notInstalled(module));
  };

/** The module, when it works for the tenant; rejects with `Refused` until then, and (409) while a job or a person has it in hand. */
export const makeRequireModule =
  (tenantModules: TenantModules) =>
  async (tenantId: string, module: string): Promise<TenantModule> => {
    const found = await makeReadTenantModule(tenantModules)(tenantId, module);
    if (!isUsable(found)) throw new Refused(closed(found));
    return found;
  };

/** Where a version stands that cannot be used just now, or nothing that can. */
const closed = ({ module, version, jobId: job, leaving }: TenantModule): Refusal => {
  if (version === undefined || job === undefined) return notInstalled(module);
  const why = leaving ? `is being uninstalled by job ${job}` : `waits for an operator, who settles job ${job}`;
  return {
    kind: 'conflict',
    reason: 'module-in-change',
    message: `${module} ${why}; it answers again if that job leaves it installed: look at GET /api/v1/jobs/${job}`,
    facts: { module, job },
  };
};

export const notInstalled = (module: string): Refusal => ({
  kind: 'not-found',
  reason: 'module-not-installed',
  message: `${module} is not installed for this tenant; POST /api/v1/tenants/{tenant}/modules installs it`,
  facts: { module },
});

/** `ofTenant` is the one tenant whose jobs the asker may know of; absent for all. */
export interface JobQuery {
  readonly jobId: string;
  readonly ofTenant?: string;
}

/** Rejects with `Refused` (404) when there is no such job, or it is another tenant's, which is the same to whoever asks. */
export const makeReadJob =
  (jobs: Pick<JobStore, 'get'>) =>
  async ({ jobId, ofTenant }: JobQuery): Promise<Job> => {
    const job = await jobs.get(jobId);
    if (job && (ofTenant === undefined || job.tenantId === ofTenant)) return job;
    throw new Refused({ kind: 'not-found', reason: 'unknown-job', message: `there is no job ${jobId}`, facts: { job: jobId } });
  };

/** A job's trail, oldest first; refused as the job is. */
export const makeReadJobEvents =
  (jobs: Pick<JobStore, 'get' | 'events'>) =>
  async (query: JobQuery, paging: Paging): Promise<PageOf<AuditEvent>> => {
    await makeReadJob(jobs)(query);
    return jobs.events(query.jobId, paging);
  };

/** Where the tenant's data lay, and what stood there of the modules that the job was about to change. */
export interface JobRestorePoint extends RestorePoint {
  readonly modules: readonly ModuleRestorePoint[];
}

/** Refused as the job is, and (404) while the job has not begun to change anything. */
export const makeReadRestorePoint =
  (jobs: Pick<JobStore, 'get' | 'restorePoints'>) =>
  async (query: JobQuery): Promise<JobRestorePoint> => {
    const { id, restorePoint } = await makeReadJob(jobs)(query);
    if (restorePoint) return { ...restorePoint, modules: await jobs.restorePoints(id) };
    const message = `job ${id} has not begun to change anything`;
    throw new Refused({ kind: 'not-found', reason: 'no-restore-point', message, facts: { job: id } });
  };
