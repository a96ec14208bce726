import { Defect } from '../../shared/domain/errors.ts';
import { type Tenant, type TenantRoles, tenantRoles } from '../domain/tenant.ts';
import type { ClusterAdministration, TenantSecrets } from './ports.ts';
import { scramVerifier } from './scram.ts';

export interface ProvisioningPorts {
  readonly administration: ClusterAdministration;
  readonly secrets: TenantSecrets;
  /** Unguessable, ASCII. */
  readonly newPassword: () => string;
  readonly newSalt: () => Uint8Array;
}

/** What provisioning leaves on the tenant. */
export interface Provisioned {
  readonly ownerSecretArn: string;
  readonly appSecretArn: string;
}

/**
 * Makes a tenant's two secrets, two roles, database and platform tables, in this order: a role whose secret is lost could not be
 * used by anyone. Safe to repeat from the start after a crash anywhere. Rejects with `Defect` when PUBLIC may still connect, with
 * `Refused` (superseded) when a newer attempt than `fence` is at work.
 */
export const makeProvision =
  ({ administration, secrets, newPassword, newSalt }: ProvisioningPorts) =>
  async (tenant: Tenant, fence: number): Promise<Provisioned> => {
    const roles = tenantRoles(tenant.slug);
    const owner = await secrets.ensure(tenant.id, 'owner', { username: roles.owner, password: newPassword() });
    const app = await secrets.ensure(tenant.id, 'app', { username: roles.app, password: newPassword() });
    await administration.ensureRole(roles, roles.owner, { verifier: scramVerifier(owner.password, newSalt()), fence });
    await administration.ensureRole(roles, roles.app, { verifier: scramVerifier(app.password, newSalt()), fence });
    await administration.ensureDatabase(roles, fence);
    await administration.ensurePlatform(roles, owner.arn);
    await refusePublic(administration, roles);
    return { ownerSecretArn: owner.arn, appSecretArn: app.arn };
  };

const refusePublic = async (administration: ClusterAdministration, roles: TenantRoles): Promise<void> => {
  const open = await administration.publicConnect(roles);
  if (open.length === 0) return;
  throw new Defect(`PUBLIC may connect to ${open.join(', ')}: REVOKE CONNECT ON DATABASE … FROM PUBLIC did not take effect`, {
    databases: open,
  });
};

/** Takes away what provisioning made, in reverse. Safe to repeat, and to call when nothing was made. */
export const makeDeprovision =
  ({ administration, secrets }: Pick<ProvisioningPorts, 'administration' | 'secrets'>) =>
  async (tenant: Tenant, fence: number): Promise<void> => {
    await administration.remove(tenantRoles(tenant.slug), fence);
    await secrets.remove(tenant.id);
  };
