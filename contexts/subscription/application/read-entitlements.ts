import { Refused } from '../../shared/domain/errors.ts';
import type { Entitlement } from '../domain/entitlement.ts';
import type { EntitlementUse } from '../domain/entitlement-use.ts';
import type { EntitlementStore } from './ports.ts';

/** A right to a module, and whether a job has reserved it or the module stands. */
export interface UsedEntitlement extends Entitlement {
  readonly use?: EntitlementUse;
}

/** All that the tenant is or was entitled to. */
export const makeListEntitlements =
  (store: Pick<EntitlementStore, 'read'>) =>
  async (tenantId: string): Promise<readonly UsedEntitlement[]> => {
    const { entitlements, uses } = await store.read(tenantId);
    return entitlements.map((entitlement) => {
      const use = uses.find(({ module }) => module === entitlement.module);
      return { ...entitlement, ...(use ? { use } : {}) };
    });
  };

/** Rejects with `Refused` (404) when the tenant was never entitled to the module. */
export const makeReadEntitlement =
  (store: Pick<EntitlementStore, 'read'>) =>
  async (tenantId: string, module: string): Promise<UsedEntitlement> => {
    const found = (await makeListEntitlements(store)(tenantId)).find((entitlement) => entitlement.module === module);
    if (found) return found;
    throw new Refused({
      kind: 'not-found',
      reason: 'no-subscription',
      message: `the tenant was never subscribed to ${module}`,
      facts: { module },
    });
  };
