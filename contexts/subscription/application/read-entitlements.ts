import { Refused } from '../../shared/domain/errors.ts';
import type { Entitlement } from '../domain/entitlement.ts';
import type { EntitlementStore } from './ports.ts';

/** All that the tenant is or was entitled to. */
export const makeListEntitlements =
  (entitlements: Pick<EntitlementStore, 'read'>) =>
  async (tenantId: string): Promise<readonly Entitlement[]> =>
    (await entitlements.read(tenantId)).entitlements;

/** Rejects with `Refused` (404) when the tenant was never entitled to the module. */
export const makeReadEntitlement =
  (entitlements: Pick<EntitlementStore, 'find'>) =>
  async (tenantId: string, module: string): Promise<Entitlement> => {
    const found = await entitlements.find(tenantId, module);
    if (found) return found;
    throw new Refused({
      kind: 'not-found',
      reason: 'no-subscription',
      message: `the tenant was never subscribed to ${module}`,
      facts: { module },
    });
  };
