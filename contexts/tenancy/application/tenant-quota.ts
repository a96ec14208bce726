import type { Refusal } from '../../shared/domain/errors.ts';
import type { Quota } from '../../shared/domain/quota.ts';
import { quotaRefusals, type Usage, type Wanted } from '../domain/quota.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { TenantStore } from './ports.ts';
import { makeReadTenant } from './tenants.ts';

export interface ReadQuotaPorts {
  readonly tenants: Pick<TenantStore, 'get'>;
  /** What the tenant’s plan allows. Rejects with `Unavailable` when nobody can say. */
  readonly quotaOf: (tenant: Pick<Tenant, 'id' | 'plan'>) => Promise<Quota>;
  /** What another context counts. */
  readonly inUse: (tenantId: string) => Promise<Pick<Usage, 'modules' | 'concurrentJobs'>>;
}

export interface TenantQuota {
  readonly plan: string;
  readonly quota: Quota;
  readonly usage: Usage;
  /** Absent while storage was never measured. */
  readonly storageMeasuredAt?: Date;
}

/** What a tenant may use, and what it uses. Rejects with `Refused` (404) when there is no such tenant. */
export const makeReadQuota =
  ({ tenants, quotaOf, inUse }: ReadQuotaPorts) =>
  async (tenantId: string): Promise<TenantQuota> => {
    const tenant = await makeReadTenant(tenants)(tenantId);
    const { plan, storage } = tenant;
    const [quota, used] = await Promise.all([quotaOf(tenant), inUse(tenantId)]);
    return {
      plan,
      quota,
      usage: { ...used, storageBytes: storage?.bytes ?? 0 },
      ...(storage ? { storageMeasuredAt: storage.measuredAt } : {}),
    };
  };

/** What of the tenant's quota forbids a change, given what it has in use; see `quotaRefusals`. */
export const makeCheckQuota =
  ({ quotaOf }: Pick<ReadQuotaPorts, 'quotaOf'>) =>
  async (tenant: Pick<Tenant, 'id' | 'plan'>, usage: Usage, wanted: Wanted): Promise<readonly Refusal[]> =>
    quotaRefusals(await quotaOf(tenant), usage, wanted);
