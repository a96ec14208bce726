import * as z from 'zod';
import { defineRoute, type Route, readers } from '../../../contexts/shared/application/route.ts';
import { TenantSlug, Ulid } from '../../../contexts/shared/domain/names.ts';
import type { makeCreateTenant, makeReadTenant, Tenant, TenantStore } from '../../../contexts/tenancy/index.ts';
import { pageOf, pageQuery, pagingOf } from '../../http/paging.ts';
import { accepted, acceptedAnswer } from '../views/job-view.ts';

export interface TenantUseCases {
  readonly listTenants: TenantStore['list'];
  readonly createTenant: ReturnType<typeof makeCreateTenant>;
  readonly readTenant: ReturnType<typeof makeReadTenant>;
}

/** Tenants: list, read, provision. */
export const tenantRoutes = (useCases: TenantUseCases): readonly Route[] => [list(useCases), create(useCases), read(useCases)];

const tags = ['Tenants'];
const platformOnly = ['platform-admin'] as const;
const planDefault = 'standard';

const TenantView = z
  .strictObject({
    id: Ulid,
    slug: TenantSlug,
    name: z.string(),
    status: z.enum(['provisioning', 'active', 'failed']),
    plan: z.string(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Tenant' });

const viewTenant = ({ id, slug, name, status, plan, createdAt }: Tenant): z.input<typeof TenantView> => ({
  ...{ id, slug, name, status, plan },
  createdAt: createdAt.toISOString(),
});

const list = (useCases: TenantUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants',
    operationId: 'listTenants',
    summary: 'List the tenants by slug',
    tags,
    roles: platformOnly,
    query: pageQuery,
    answers: { 200: { description: 'A page of tenants.', schema: pageOf(TenantView) } },
    handle: async ({ query }) => {
      const { items, ...rest } = await useCases.listTenants(pagingOf(query));
      return { status: 200, body: { items: items.map(viewTenant), ...rest } };
    },
  });

const create = (useCases: TenantUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants',
    operationId: 'createTenant',
    summary: 'Provision a tenant',
    description: 'A job makes its database, its two roles and their secrets. The slug is never given to anyone else.',
    tags,
    roles: platformOnly,
    body: z.strictObject({
      slug: TenantSlug.meta({ example: 'acme' }),
      name: z.string().trim().min(1).max(200).meta({ example: 'Acme' }),
      plan: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a plan is named by up to 40 of a-z, 0-9 and -')
        .default(planDefault)
        .meta({ example: planDefault }),
    }),
    bodyExample: { slug: 'acme', name: 'Acme' },
    answers: { 202: acceptedAnswer },
    refusals: { 409: 'The slug is taken, or was once.' },
    handle: async ({ caller, body, idempotency }) =>
      accepted(await useCases.createTenant({ ...body, actor: caller.subject, ...(idempotency ? { idempotency } : {}) })),
  });

const read = (useCases: TenantUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}',
    operationId: 'getTenant',
    summary: 'Read a tenant',
    tags,
    roles: readers,
    answers: { 200: { description: 'The tenant.', schema: TenantView } },
    handle: async ({ tenant }) => ({ status: 200, body: viewTenant(await useCases.readTenant(tenant.id)) }),
  });
