import * as z from 'zod';
import type {
  ConfigurationStore,
  makeConfigureModule,
  makeListTenantModules,
  makeShowTenantModule,
} from '../../../contexts/module-registry/index.ts';
import { defineRoute, type Route, readers, writers } from '../../../contexts/shared/application/route.ts';
import { ModuleName } from '../../../contexts/shared/domain/names.ts';
import { pageByName, pageOf, pageQuery, pagingOf } from '../../http/paging.ts';
import {
  ConfigurationEntryView,
  ConfiguredModuleView,
  TenantModuleView,
  viewConfigurationEntry,
  viewConfiguredModule,
  viewTenantModule,
} from '../views/module-view.ts';

export interface TenantModuleUseCases {
  readonly listTenantModules: ReturnType<typeof makeListTenantModules>;
  readonly showTenantModule: ReturnType<typeof makeShowTenantModule>;
  readonly configureModule: ReturnType<typeof makeConfigureModule>;
  readonly configurationHistory: ConfigurationStore['history'];
}

/** The modules that a tenant has, and how it has configured them. */
export const tenantModuleRoutes = (useCases: TenantModuleUseCases): readonly Route[] => [
  list(useCases),
  read(useCases),
  configure(useCases),
  history(useCases),
];

const tags = ['Tenant modules'];
const params = z.strictObject({ module: ModuleName });
const etag = { etag: 'What If-Match must say when the module is configured.' };

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
    answers: { 200: { description: 'The module as the tenant has it.', schema: ConfiguredModuleView, headers: etag } },
    refusals: { 404: 'The tenant does not have the module.' },
    handle: async ({ tenant, params: { module } }) => {
      const shown = await useCases.showTenantModule(tenant.id, module);
      return { status: 200, body: viewConfiguredModule(shown), headers: { etag: shown.tag } };
    },
  });

const configure = (useCases: TenantModuleUseCases): Route =>
  defineRoute({
    method: 'PATCH',
    path: '/tenants/{tenant}/modules/{module}',
    operationId: 'configureModule',
    summary: 'Configure a module',
    description:
      'The body is a JSON merge patch (RFC 7396) of the configuration: null takes a field away, and so back to its default. A field that ' +
      'is `writeOnly` in the version’s schema can be set and taken away; only its name is ever shown.',
    tags,
    roles: writers,
    params,
    conditional: true,
    mergePatch: true,
    body: z.record(z.string(), z.unknown()),
    bodyExample: { currency: 'CHF' },
    answers: { 200: { description: 'The module as it is configured now.', schema: ConfiguredModuleView, headers: etag } },
    refusals: {
      404: 'The tenant does not have the module.',
      409: 'A job has the module in its hands, which is named, or the module is archived.',
      422: 'The tenant is not active, or the Idempotency-Key was used with another body.',
    },
    handle: async ({ tenant, caller, params: { module }, body, ifMatch = [], idempotency }) => {
      const about = { tenantId: tenant.id, module, patch: body, ifMatch, actor: caller.subject };
      const shown = await useCases.configureModule({ ...about, ...(idempotency ? { idempotency } : {}) });
      return { status: 200, body: viewConfiguredModule(shown), headers: { etag: shown.tag } };
    },
  });

const history = (useCases: TenantModuleUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/modules/{module}/configuration/history',
    operationId: 'listConfigurationHistory',
    summary: 'Who changed which fields of a module’s configuration, and when',
    description: 'It stays when the module is uninstalled or purged.',
    tags,
    roles: readers,
    params,
    query: pageQuery,
    answers: { 200: { description: 'A page of changes, newest first.', schema: pageOf(ConfigurationEntryView) } },
    handle: async ({ tenant, params: { module }, query }) => {
      const { items, ...rest } = await useCases.configurationHistory(tenant.id, module, pagingOf(query));
      return { status: 200, body: { items: items.map(viewConfigurationEntry), ...rest } };
    },
  });
