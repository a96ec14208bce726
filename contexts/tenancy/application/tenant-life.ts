import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Malformed, Refused } from '../../shared/domain/errors.ts';
import { changePlan, jobForTheSame, requestChange, suspendOrResume, type Tenant, type TenantChange } from '../domain/tenant.ts';
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
      const same = jobForTheSame(tenant, change);
      if (same !== undefined) return joined(ports, same, by.idempotency);
      const status = requestChange(tenant, change, await ports.jobs.changingJob(tenantId));
      if (typeof status !== 'string') throw new Refused(status);
      return ports.jobs.requestChange(tenant, { ...by, change, status });
    });

/** While its job is open, an identical request is answered with that job. */
const joined = async ({ idempotency, clock }: TenantLifePorts, jobId: string, key: IdempotencyKey | undefined) => {
  if (key) await idempotency.keep({ ...key, answer: { jobId } }, clock.now());
  return { jobId };
};

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

export interface ChangePlanPorts extends Omit<TenantLifePorts, 'tenants' | 'jobs'> {
  readonly tenants: Pick<TenantStore, 'get' | 'changePlan'>;
}

/** Gives the tenant another subscription plan. Silent where it is on it already; rejects with `Refused` (409) when the tenant is gone. */
export const makeChangePlan =
  (ports: ChangePlanPorts) =>
  (wanted: string, { tenantId, actor, idempotency }: TenantRequest): Promise<Tenant> =>
    whileContended(async () => {
      const at = ports.clock.now();
      const kept = await keptAnswer(ports.idempotency, idempotency, at);
      const tenant = await makeReadTenant(ports.tenants)(tenantId);
      if (kept) return tenant;
      const plan = changePlan(tenant, wanted);
      if (typeof plan === 'object') throw new Refused(plan);
      const record = idempotency && { idempotency: { ...idempotency, answer: { plan: wanted } } };
      if (plan === undefined) {
        if (record) await ports.idempotency.keep(record.idempotency, at);
        return tenant;
      }
      await ports.tenants.changePlan({ tenant, plan, actor, at, ...record });
      return { ...tenant, plan };
    });

const purgesMax = 25;

export interface DuePurges {
  /** The jobs. */
  readonly requested: readonly string[];
  /** Asked for again by the next sweep; one tenant's trouble keeps no other waiting. */
  readonly failed: readonly { readonly tenantId: string; readonly error: unknown }[];
}

/** Asks for the purge of every archive whose time has come. Safe to run at any time, also twice at once. */
export const makePurgeDue = (ports: TenantLifePorts) => async (): Promise<DuePurges> => {
  const requested: string[] = [];
  const failed: { readonly tenantId: string; readonly error: unknown }[] = [];
  for (const tenantId of await ports.tenants.dueForPurge(ports.clock.now(), purgesMax)) {
    try {
      const tenant = await ports.tenants.get(tenantId);
      if (tenant?.status !== 'archived') continue;
      const { jobId } = await makeChangeTenant(ports)('purge-tenant', { tenantId, actor: 'system', confirm: tenant.slug });
      requested.push(jobId);
    } catch (error) {
      failed.push({ tenantId, error });
    }
  }
  return { requested, failed };
};
