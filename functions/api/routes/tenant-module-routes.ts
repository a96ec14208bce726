import * as z from 'zod';
import type { makeInstallModule, makeListTenantModules, makeReadTenantModule } from '../../../contexts/module-registry/index.ts';
import {
  type Caller,
  defineRoute,
  type IdempotencyKey,
  type Route,
  readers,
  type TenantRef,
  writers,
} from '../../../contexts/shared/application/route.ts';
import { ModuleName, TenantSlug, Ulid } from '../../../contexts/shared/domain/names.ts';
import { pageByName, pageOf, pageQuery } from '../../http/paging.ts';
import { accepted, acceptedAnswer } from '../views/job-view.ts';
import { TenantModuleView, viewTenantModule } from '../views/module-view.ts';

export interface TenantModuleUseCases {
  readonly listTenantModules: ReturnType<typeof makeListTenantModules>;
  readonly readTenantModule: ReturnType<typeof makeReadTenantModule>;
  readonly installModule: ReturnType<typeof makeInstallModule>;
  /** The tenant that a caller names in a body; rejects as for a path. */
  readonly namedTenant: (caller: Caller, slugOrId: string) => Promise<TenantRef>;
}

/** The modules of a tenant, and installing one. */
export const tenantModuleRoutes = (useCases: TenantModuleUseCases): readonly Route[] => [
  list(useCases),
  read(useCases),
  install(useCases),
  installByPath(useCases),
  installForTenant(useCases),
];

const tags = ['Tenant modules'];
const params = z.strictObject({ module: ModuleName });
const wish = {
  version: z.string().min(1).max(64).optional().meta({ description: 'The newest published one unless given.', example: '1.0.0' }),
  configuration: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'As the version’s configuration schema says; its defaults unless given.' }),
};

const installAnswers = {
  answers: { 202: acceptedAnswer },
  refusals: {
    402: 'The tenant has no subscription to the module.',
    404: 'There is no such module or version.',
    409: 'It is installed already (`already-installed`), or another job is changing it; the job is named.',
    422: 'The version may not be installed: a draft, withdrawn, past its sunset, or a dependency is missing.',
  },
} as const;

interface Wish {
  readonly module: string;
  readonly version?: string | undefined;
  readonly configuration?: Readonly<Record<string, unknown>> | undefined;
}

interface Asked {
  readonly caller: Caller;
  readonly idempotency?: IdempotencyKey;
}

const commandOf = ({ caller, idempotency }: Asked, tenant: TenantRef, { module, version, configuration }: Wish) => ({
  tenantId: tenant.id,
  module,
  ...(version === undefined ? {} : { version }),
  ...(configuration === undefined ? {} : { configuration }),
  actor: caller.subject,
  ...(idempotency ? { idempotency } : {}),
});

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

const install = (useCases: TenantModuleUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/modules',
    operationId: 'installModule',
    summary: 'Install a module',
    description: 'While a job for the same is open, the same request answers that job.',
    tags,
    roles: writers,
    body: z.strictObject({ module: ModuleName.meta({ example: 'digital_card' }), ...wish }),
    bodyExample: { module: 'digital_card' },
    ...installAnswers,
    handle: async (request) => accepted(await useCases.installModule(commandOf(request, request.tenant, request.body))),
  });

const installByPath = (useCases: TenantModuleUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/modules/{module}',
    operationId: 'installNamedModule',
    summary: 'Install the module of the path',
    tags,
    roles: writers,
    params,
    body: z.strictObject(wish),
    bodyExample: {},
    ...installAnswers,
    handle: async (request) =>
      accepted(await useCases.installModule(commandOf(request, request.tenant, { ...request.params, ...request.body }))),
  });

const installForTenant = (useCases: TenantModuleUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/platform/modules/{module}/install',
    operationId: 'installModuleForTenant',
    summary: 'Install a module for the tenant of the body',
    tags,
    roles: ['platform-admin'],
    params,
    body: z.strictObject({ tenant: z.union([TenantSlug, Ulid]).meta({ description: 'Slug or id.', example: 'acme' }), ...wish }),
    bodyExample: { tenant: 'acme' },
    ...installAnswers,
    handle: async (request) => {
      const { tenant: named, ...wished } = request.body;
      const tenant = await useCases.namedTenant(request.caller, named);
      return accepted(await useCases.installModule(commandOf(request, tenant, { ...request.params, ...wished })));
    },
  });
