import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Malformed, Refused } from '../../shared/domain/errors.ts';
import { requestChange, suspendOrResume, type Tenant, type TenantChange } from '../domain/tenant.ts';
import type { TenantJobs, TenantStore } from './ports.ts';
import { makeReadTenant } from './tenants.ts';

export interface TenantLifePorts {
  readonly tenants: Pick<TenantStore, 'get' | 'changeStatus' | 'dueForPurge'>;
  readonly jobs: Pick<TenantJobs, 'requestChange' | 'changingJob'>;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
}

export interface TenantRequest {
  readonly tenantId: string;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

/**
 * Asks for a tenant to be archived, brought back, or dropped for ever. Rejects with `Refused` (409) when it is in no state
 * for it or a job is changing one of its modules. `confirm` must be the slug, for what cannot be undone.
 */
export const makeChangeTenant =
  (ports: TenantLifePorts) =>
  (
    change: TenantChange,
    { tenantId, confirm, ...by }: TenantRequest & { readonly confirm?: string },
  ): Promise<{ readonly jobId: string }> =>
    whileContended(async () => {
      const kept = await keptAnswer(ports.idempotency, by.idempotency, ports.clock.now());
      if (typeof kept?.['jobId'] === 'string') return { jobId: kept['jobId'] };
      const tenant = await makeReadTenant(ports.tenants)(tenantId);
      if (change === 'purge-tenant' && confirm !== tenant.slug) throw unconfirmed(tenant);
      const status = requestChange(tenant, change, await ports.jobs.changingJob(tenantId));
      if (typeof status !== 'string') throw new Refused(status);
      return ports.jobs.requestChange(tenant, { ...by, change, status });
    });

const unconfirmed = ({ slug }: Tenant): Malformed =>
  new Malformed('this drops all data of the tenant and cannot be undone', [
    { field: 'confirm', message: `must be the tenant’s slug, ${slug}` },
  ]);

/** Nothing new is begun for a suspended tenant, and its modules do not answer. Silent where it is so already. */
export const makeSuspendTenant =
  (ports: TenantLifePorts) =>
  (wanted: 'suspended' | 'active', { tenantId, actor, idempotency }: TenantRequest): Promise<Tenant> =>
    whileContended(async () => {
      const at = ports.clock.now();
      const kept = await keptAnswer(ports.idempotency, idempotency, at);
      const tenant = await makeReadTenant(ports.tenants)(tenantId);
      if (kept) return tenant;
      const status = suspendOrResume(tenant, wanted);
      if (typeof status !== 'string') throw new Refused(status);
      const record = idempotency && { idempotency: { ...idempotency, answer: { status } } };
      if (status === tenant.status) {
        if (record) await ports.idempotency.keep(record.idempotency, at);
        return tenant;
      }
      const event = status === 'suspended' ? 'TenantSuspended' : 'TenantResumed';
      await ports.tenants.changeStatus({ tenant, status, event, actor, at, ...record });
      return { ...tenant, status };
    });

const purgesMax = 25;

/** Asks for the purge of every archive whose time has come; what cannot be purged just now is asked for again by the next sweep. */
export const makePurgeDue = (ports: TenantLifePorts) => async (): Promise<readonly string[]> => {
  const requested: string[] = [];
  for (const tenantId of await ports.tenants.dueForPurge(ports.clock.now(), purgesMax)) {
    const tenant = await ports.tenants.get(tenantId);
    if (tenant?.status !== 'archived') continue;
    const { jobId } = await makeChangeTenant(ports)('purge-tenant', { tenantId, actor: 'system', confirm: tenant.slug });
    requested.push(jobId);
  }
  return requested;
};
