import { effectiveConfiguration } from '../../shared/application/effective-configuration.ts';
import { Defect } from '../../shared/domain/errors.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import { contentHash } from './content-hash.ts';
import type { Catalog, TenantModules } from './ports.ts';
import { makeReadTenantModule, makeRequireModule } from './queries.ts';

export interface ShowTenantModulePorts {
  readonly tenantModules: TenantModules;
  readonly catalog: Pick<Catalog, 'versions'>;
}

/** A tenant's module as it is shown to those who may change it. */
export interface ShownTenantModule {
  readonly tenantModule: TenantModule;
  /** The configuration that counts, defaults filled in; absent while no version stands. */
  readonly effective?: Configuration;
  /** Another one whenever anything of the module is another. */
  readonly tag: string;
}

/** Rejects with `Refused` (404) when the tenant does not have the module. */
export const makeShowTenantModule =
  (ports: ShowTenantModulePorts) =>
  async (tenantId: string, module: string): Promise<ShownTenantModule> => {
    const tenantModule = await makeReadTenantModule(ports.tenantModules)(tenantId, module);
    return shown(tenantModule, await schemaOf(ports, tenantModule));
  };

/** The configuration that counts for a module that works; rejects with `Refused` (404) when it does not work for the tenant. */
export const makeReadConfiguration =
  (ports: ShowTenantModulePorts) =>
  async (tenantId: string, module: string): Promise<Configuration> => {
    const tenantModule = await makeRequireModule(ports.tenantModules)(tenantId, module);
    return shown(tenantModule, await schemaOf(ports, tenantModule)).effective ?? {};
  };

export const shown = (tenantModule: TenantModule, schema: Configuration | undefined): ShownTenantModule => ({
  tenantModule,
  ...(schema ? { effective: effectiveConfiguration(schema, tenantModule.configuration, tenantModule.secrets?.fields ?? []) } : {}),
  tag: tagOf(tenantModule),
});

/** As it stands in an ETag, quotes and all. */
export const tagOf = (tenantModule: TenantModule): string => `"${contentHash(JSON.parse(JSON.stringify(tenantModule))).slice(0, 32)}"`;

/** The JSON Schema of the version that stands, if one does. */
export const schemaOf = async (
  { catalog }: Pick<ShowTenantModulePorts, 'catalog'>,
  { module, version }: TenantModule,
): Promise<Configuration | undefined> => {
  if (version === undefined) return undefined;
  const [found] = await catalog.versions([{ module, version }]);
  if (!found) throw new Defect(`${module} ${version} stands but is not in the catalog`, { module, version });
  return found.configuration;
};
