import type { ConfigurationSecrets } from './configuration-ports.ts';
import type { TenantModules } from './ports.ts';
import { makeRequireModule } from './queries.ts';

export interface ReadSecretPorts {
  readonly tenantModules: TenantModules;
  readonly secrets: Pick<ConfigurationSecrets, 'read'>;
}

const looksMax = 3;

/**
 * One write-only value of a module that works, for its own API; undefined while it is not set, or was lost. Whoever sets it anew
 * takes away what was kept before, so where that is found gone the tenant module is asked again. Rejects with `Refused` when the
 * module does not work for the tenant.
 */
export const makeReadSecret =
  ({ tenantModules, secrets }: ReadSecretPorts) =>
  async (tenantId: string, module: string, field: string): Promise<unknown> => {
    let gone: string | undefined;
    for (let looks = 0; looks < looksMax; looks += 1) {
      const { secrets: kept } = await makeRequireModule(tenantModules)(tenantId, module);
      if (!kept?.fields.includes(field) || kept.ref === gone) return undefined;
      const values = await secrets.read({ tenantId, module }, kept.ref);
      if (values) return values[field];
      gone = kept.ref;
    }
    return undefined;
  };
