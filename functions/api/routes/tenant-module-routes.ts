import * as z from 'zod';
import type { makeListTenantModules, makeReadTenantModule } from '../../../contexts/module-registry/index.ts';
import { defineRoute, type Route, readers } from '../../../contexts/shared/application/route.ts';
import { ModuleName } from '../../../contexts/shared/domain/names.ts';
import { pageByName, pageOf, pageQuery } from '../../http/paging.ts';
import { TenantModuleView, viewTenantModule } from '../views/module-view.ts';

export interface TenantModuleUseCases {
  readonly listTenantModules: ReturnType<typeof makeListTenantModules>;
  readonly readTenantModule: ReturnType<typeof makeReadTenantModule>;
}

/** The modules that a tenant has. */
export const tenantModuleRoutes = (useCases: TenantModuleUseCases): readonly Route[] => [list(useCases), read(useCases)];

const tags = ['Tenant modules'];
const params = z.strictObject({ module: ModuleName });

const list = (useCases: TenantModuleUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/modules',
    operationId: 'listTenantModules',
    summary: 'List the tenant’s modules',
    tags,
    roles: readers,
    query: pageQuery,
    answers: { 200: { description: 'A page of modules, by name.', schema: pageOf(TenantModuleView) } },
    handle: async ({ tenant, query }) => {
      const { items, ...rest } = pageByName(await useCases.listTenantModules(tenant.id), ({ module }) => module, query);
      return { status: 200, body: { items: items.map(viewTenantModule), ...rest } };
    },
  });

const read = (useCases: TenantModuleUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/modules/{module}',
    operationId: 'getTenantModule',
    summary: 'Read one of the tenant’s modules',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The module as the tenant has it.', schema: TenantModuleView } },
    refusals: { 404: 'The tenant does not have the module.' },
    handle: async ({ tenant, params: { module } }) => ({
      status: 200,
      body: viewTenantModule(await useCases.readTenantModule(tenant.id, module)),
    }),
  });
