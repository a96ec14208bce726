import type { Caller, TenantRef } from '../../contexts/shared/application/route.ts';
import { Refused } from '../../contexts/shared/domain/errors.ts';
import { TenantSlug, Ulid } from '../../contexts/shared/domain/names.ts';

/** Finds a tenant by its slug or id. */
export type FindTenant = (slugOrId: string) => Promise<TenantRef | undefined>;

/**
 * The tenant that a path names. Tenant roles reach their own only, and learn nothing about others, not even whether they
 * exist (403); a platform admin is told that there is none (404).
 */
export const resolveTenant = async (findTenant: FindTenant, caller: Caller, named: string): Promise<TenantRef> => {
  const nameable = TenantSlug.safeParse(named).success || Ulid.safeParse(named).success;
  const tenant = nameable ? await findTenant(named) : undefined;
  if (caller.role !== 'platform-admin' && (tenant === undefined || tenant.id !== caller.tenantId)) throw new Refused(anotherTenant);
  if (tenant) return tenant;
  throw new Refused({
    kind: 'not-found',
    reason: 'unknown-tenant',
    message: 'there is no tenant with this slug or id; GET /api/v1/tenants lists them',
    facts: nameable ? { tenant: named } : {},
  });
};

const anotherTenant = {
  kind: 'forbidden',
  reason: 'another-tenant',
  message: 'this token opens its own tenant only',
} as const;
