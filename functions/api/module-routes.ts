import type { Database } from '../../contexts/shared/application/database.ts';
import type { ModuleApi, ModuleApiPorts, Route, TenantRef } from '../../contexts/shared/application/route.ts';
import { Defect, type Refusal, Refused } from '../../contexts/shared/domain/errors.ts';
import type { Tenant } from '../../contexts/tenancy/index.ts';

/** Where a tenant's database is, and with whose secret a module's API opens it. */
export type TenantHome = Pick<Tenant, 'id' | 'clusterArn' | 'database'> & { readonly appSecretArn: string };

export interface ModuleRoutePorts extends Pick<ModuleApiPorts, 'clock' | 'newId'> {
  /** Resolves when the module works for the tenant; rejects with `Refused` until then. */
  readonly requireModule: (tenantId: string, module: string) => Promise<unknown>;
  readonly readTenant: (tenantId: string) => Promise<Tenant>;
  readonly openDatabase: (home: TenantHome) => Database;
  readonly readConfiguration: (tenantId: string, module: string) => ReturnType<ModuleApiPorts['configuration']>;
  readonly readSecret: (tenantId: string, module: string, field: string) => Promise<unknown>;
}

const homesMax = 1_000;

/** A module's routes, each behind the question whether the tenant has the module. Nothing of a tenant's is opened before. */
export const makeModuleRoutes = (declaration: ModuleApi, ports: ModuleRoutePorts): readonly Route[] => {
  const homes = new Map<string, TenantHome>();
  const enter = async ({ id }: TenantRef): Promise<void> => {
    const [tenant] = await Promise.all([ports.readTenant(id), ports.requireModule(id, declaration.module)]);
    if (tenant.status !== 'active') throw new Refused(closed(tenant));
    homes.delete(id);
    homes.set(id, homeOf(tenant));
    const [longestKnown] = homes.keys();
    if (homes.size > homesMax && longestKnown !== undefined) homes.delete(longestKnown);
  };
  const database = ({ id, slug }: TenantRef): Database => {
    const home = homes.get(id);
    if (home) return ports.openDatabase(home);
    throw new Defect(`the database of ${slug} was asked for before it was known that the tenant has ${declaration.module}`);
  };
  const configuration: ModuleApiPorts['configuration'] = ({ id }) => ports.readConfiguration(id, declaration.module);
  const secret: ModuleApiPorts['secret'] = ({ id }, field) => ports.readSecret(id, declaration.module, field);
  const { clock, newId } = ports;
  const doors: Doors = { enter, look: ({ id }) => ports.requireModule(id, declaration.module) };
  return declaration.routes({ database, configuration, secret, clock, newId }).map((route) => behind(route, doors));
};

/** Of an archived tenant nothing can be reached; of a suspended one nothing may be. */
const closed = ({ slug, status }: Tenant): Refusal => ({
  kind: 'forbidden',
  reason: status === 'suspended' ? 'tenant-suspended' : 'tenant-not-active',
  message: `tenant ${slug} is ${status}; its modules answer when it is active`,
  facts: { tenant: slug, status },
});

interface Doors {
  readonly enter: (tenant: TenantRef) => Promise<void>;
  /** Rejects with `Refused` when the module does not work for the tenant now. */
  readonly look: (tenant: TenantRef) => Promise<unknown>;
}

/** What was let in while a job began to take the module away may find no tables any more: then it is told so. */
const behind = (route: Route, { enter, look }: Doors): Route => ({
  ...route,
  handle: async (request) => {
    const { tenant } = request;
    if (!tenant) throw new Defect(`${route.method} ${route.path} of a module names no tenant`);
    await enter(tenant);
    try {
      return await route.handle(request);
    } catch (error) {
      if (error instanceof Defect) await look(tenant);
      throw error;
    }
  },
});

const homeOf = ({ id, slug, clusterArn, database, appSecretArn }: Tenant): TenantHome => {
  if (appSecretArn === undefined) throw new Defect(`tenant ${slug} has a module but no secret of its app role`);
  return { id, clusterArn, database, appSecretArn };
};
