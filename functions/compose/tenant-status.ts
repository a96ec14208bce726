import type { Job } from '../../contexts/module-registry/index.ts';
import type { Write } from '../../contexts/shared/adapters/dynamo-table.ts';
import { previousStatusWrite, tenantStatusWrite } from '../../contexts/tenancy/index.ts';

/** How a tenant stands once a job about it has failed, whoever gave it up. */
export const failedTenantWrites = ({ kind, tenantId }: Pick<Job, 'kind' | 'tenantId'>): readonly Write[] => {
  switch (kind) {
    case 'install':
    case 'upgrade':
    case 'downgrade':
    case 'uninstall':
    case 'restore':
    case 'purge':
    case 'report':
      return [];
    case 'provision':
      return [tenantStatusWrite(tenantId, 'failed')];
    case 'deprovision':
      return [previousStatusWrite(tenantId)];
    case 'restore-tenant':
    case 'purge-tenant':
      return [tenantStatusWrite(tenantId, 'archived', { remove: ['jobId'] })];
  }
};

/** The same for whoever stores a job's new state: nothing unless it has failed. */
export const tenantStatusWrites = (job: Job): readonly unknown[] => (job.state === 'Failed' ? failedTenantWrites(job) : []);
