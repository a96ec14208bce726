import * as z from 'zod';
import type {
  CatalogModule,
  makeListModules,
  makeRegisterModule,
  makeShowModule,
  makeTenantCatalog,
} from '../../../contexts/module-registry/index.ts';
import { type Caller, defineRoute, type Route, readers } from '../../../contexts/shared/application/route.ts';
import { Manifest } from '../../../contexts/shared/domain/manifest.ts';
import { ModuleName } from '../../../contexts/shared/domain/names.ts';
import { pageOf, pageQuery, pagingOf } from '../../http/paging.ts';
import { ModuleSummary, ModuleView, summarise, viewModule } from '../views/module-view.ts';
import { TenantOfferView, viewTenantOffer } from '../views/tenant-catalog-view.ts';
import { type VersionUseCases, versionRoutes } from './version-routes.ts';

export interface CatalogUseCases extends VersionUseCases {
  readonly listModules: ReturnType<typeof makeListModules>;
  readonly showModule: ReturnType<typeof makeShowModule>;
  readonly registerModule: ReturnType<typeof makeRegisterModule>;
  readonly tenantCatalog: ReturnType<typeof makeTenantCatalog>;
}

/** The catalog: modules, their versions, and the life of these. */
export const catalogRoutes = (useCases: CatalogUseCases): readonly Route[] => [
  list(useCases),
  read(useCases),
  seenByTenant(useCases),
  listDeployed(useCases),
  register(useCases),
  ...versionRoutes(useCases),
];

const tags = ['Catalog'];
const platformOnly = ['platform-admin'] as const;
const seesDrafts = ({ role }: Caller): boolean => role === 'platform-admin';

const list = (useCases: CatalogUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/modules',
    operationId: 'listModules',
    summary: 'List the modules',
    description: 'By name. Tenant roles see modules with a published version; a page may then be shorter than asked.',
    tags,
    roles: readers,
    query: pageQuery,
    answers: { 200: { description: 'A page of modules.', schema: pageOf(ModuleSummary) } },
    handle: async ({ caller, query }) => {
      const { items, ...rest } = await useCases.listModules({ ...pagingOf(query), drafts: seesDrafts(caller) });
      return { status: 200, body: { items: items.map(summarise), ...rest } };
    },
  });

const read = (useCases: CatalogUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/modules/{module}',
    operationId: 'getModule',
    summary: 'Read a module with its versions',
    description: 'Newest first. Drafts are shown to platform admins only.',
    tags,
    roles: readers,
    params: z.strictObject({ module: ModuleName }),
    answers: { 200: { description: 'The module.', schema: ModuleView } },
    refusals: { 404: 'There is no such module.' },
    handle: async ({ caller, params: { module } }) => ({
      status: 200,
      body: viewModule(await useCases.showModule({ module, drafts: seesDrafts(caller) }), useCases.clock.now()),
    }),
  });

const seenByTenant = (useCases: CatalogUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/catalog',
    operationId: 'listTenantCatalog',
    summary: 'List the catalog as a tenant sees it',
    description:
      'By name: what stands, what could be installed or upgraded, and what is missing for that. A page may be shorter than asked.',
    tags,
    roles: readers,
    query: pageQuery,
    answers: { 200: { description: 'A page of modules.', schema: pageOf(TenantOfferView) } },
    handle: async ({ tenant, query }) => {
      const { items, ...rest } = await useCases.tenantCatalog(tenant.id, pagingOf(query));
      return { status: 200, body: { items: items.map(viewTenantOffer), ...rest } };
    },
  });

const DeployedModule = z
  .strictObject({
    ...ModuleSummary.shape,
    serves: z.string().meta({ description: 'The tenant schemas that the deployed code works with.' }),
    migrator: z.string().meta({ description: 'The alias of the module’s own migrator function.' }),
    landlordMigration: z.int().meta({ description: 'The last landlord migration that stands.' }),
  })
  .meta({ id: 'DeployedModule' });

const viewDeployed = (module: CatalogModule): z.input<typeof DeployedModule> => {
  const { serves, migratorArn: migrator, landlordMigration } = module;
  return { ...summarise(module), serves, migrator, landlordMigration };
};

const listDeployed = (useCases: CatalogUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/platform/modules',
    operationId: 'listDeployedModules',
    summary: 'List the deployed modules, published or not',
    tags,
    roles: platformOnly,
    query: pageQuery,
    answers: { 200: { description: 'A page of modules with what is deployed of them.', schema: pageOf(DeployedModule) } },
    handle: async ({ query }) => {
      const { items, ...rest } = await useCases.listModules({ ...pagingOf(query), drafts: true });
      return { status: 200, body: { items: items.map(viewDeployed), ...rest } };
    },
  });

const register = (useCases: CatalogUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/platform/modules',
    operationId: 'registerModule',
    summary: 'Register a manifest’s versions as drafts',
    description: 'The deploy does this by itself. The same content again changes nothing; a registered version never changes.',
    tags,
    roles: platformOnly,
    body: Manifest,
    bodyExample: {
      name: 'digital_card',
      title: 'Digital cards',
      description: 'Issues, validates and revokes digital member cards.',
      subscriptionRequired: true,
      serves: '>=1.0.0 <2',
      versions: [{ version: '1.0.0', migrations: { landlord: 1, tenant: 3 }, tables: { landlord: [], tenant: ['digital_cards'] } }],
    },
    answers: { 200: { description: 'The module with all its versions.', schema: ModuleView } },
    refusals: { 409: 'A version is registered with other content.', 422: 'The module, or a version of it, is not deployed.' },
    handle: async ({ caller, body }) => ({
      status: 200,
      body: viewModule(await useCases.registerModule({ manifest: body, actor: caller.subject }), useCases.clock.now()),
    }),
  });
