import * as z from 'zod';
import { defineRoute, type IdempotencyKey, type Route, readers } from '../../../contexts/shared/application/route.ts';
import { TenantSlug, Ulid } from '../../../contexts/shared/domain/names.ts';
import { subscriptionPlanNames } from '../../../contexts/subscription/index.ts';
import {
  type makeChangePlan,
  type makeChangeTenant,
  type makeCreateTenant,
  type makeReadTenant,
  type makeSuspendTenant,
  type Tenant,
  type TenantStore,
  tenantStatuses,
} from '../../../contexts/tenancy/index.ts';
import { pageOf, pageQuery, pagingOf } from '../../http/paging.ts';
import { accepted, acceptedAnswer } from '../views/job-view.ts';

export interface TenantUseCases {
  readonly listTenants: TenantStore['list'];
  readonly createTenant: ReturnType<typeof makeCreateTenant>;
  readonly readTenant: ReturnType<typeof makeReadTenant>;
  readonly changeTenant: ReturnType<typeof makeChangeTenant>;
  readonly suspendTenant: ReturnType<typeof makeSuspendTenant>;
  readonly changePlan: ReturnType<typeof makeChangePlan>;
}

/** Tenants from their provisioning to their end. */
export const tenantRoutes = (useCases: TenantUseCases): readonly Route[] => [
  list(useCases),
  create(useCases),
  read(useCases),
  changePlan(useCases),
  suspend(useCases, 'suspend'),
  suspend(useCases, 'resume'),
  deprovision(useCases),
  restore(useCases),
  purge(useCases),
];

const tags = ['Tenants'];
const platformOnly = ['platform-admin'] as const;
const planDefault = 'standard';
const PlanName = z.enum(subscriptionPlanNames);

const TenantView = z
  .strictObject({
    id: Ulid,
    slug: TenantSlug,
    name: z.string(),
    status: z.enum(tenantStatuses),
    plan: z.string(),
    createdAt: z.iso.datetime(),
    dropAfter: z.iso.datetime().optional().meta({ description: 'Of an archived tenant: when its data is dropped.' }),
  })
  .meta({ id: 'Tenant' });

const viewTenant = ({ id, slug, name, status, plan, createdAt, dropAfter }: Tenant): z.input<typeof TenantView> => ({
  ...{ id, slug, name, status, plan },
  createdAt: createdAt.toISOString(),
  ...(dropAfter === undefined ? {} : { dropAfter: dropAfter.toISOString() }),
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
      plan: PlanName.default(planDefault).meta({ example: planDefault }),
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

const notInThisState = 'The tenant is in no state for it, or a job is changing one of its modules.';
const byCaller = (request: {
  readonly tenant: { readonly id: string };
  readonly caller: { readonly subject: string };
  readonly idempotency?: IdempotencyKey | undefined;
}) => ({
  tenantId: request.tenant.id,
  actor: request.caller.subject,
  ...(request.idempotency ? { idempotency: request.idempotency } : {}),
});

const changePlan = (useCases: TenantUseCases): Route =>
  defineRoute({
    method: 'PUT',
    path: '/tenants/{tenant}/plan',
    operationId: 'changePlan',
    summary: 'Give a tenant another subscription plan',
    description: 'What it has beyond what the plan allows stays, and may be given up; nothing is added to it.',
    tags,
    roles: platformOnly,
    body: z.strictObject({ plan: PlanName }),
    bodyExample: { plan: 'enterprise' },
    answers: { 200: { description: 'The tenant as it is now.', schema: TenantView } },
    refusals: { 409: 'The tenant is gone.' },
    handle: async (request) => ({ status: 200, body: viewTenant(await useCases.changePlan(request.body.plan, byCaller(request))) }),
  });

const suspend = (useCases: TenantUseCases, what: 'suspend' | 'resume'): Route =>
  defineRoute({
    method: 'POST',
    path: `/tenants/{tenant}/${what}`,
    operationId: `${what}Tenant`,
    summary: what === 'suspend' ? 'Suspend a tenant' : 'Resume a suspended tenant',
    description: 'Nothing is begun for a suspended tenant and its modules do not answer; what is under way is finished. Nothing is lost.',
    tags,
    roles: platformOnly,
    body: z.strictObject({}),
    answers: { 200: { description: 'The tenant as it is now.', schema: TenantView } },
    refusals: { 409: 'The tenant is neither active nor suspended.' },
    handle: async (request) => {
      const tenant = await useCases.suspendTenant(what === 'suspend' ? 'suspended' : 'active', byCaller(request));
      return { status: 200, body: viewTenant(tenant) };
    },
  });

const deprovision = (useCases: TenantUseCases): Route =>
  defineRoute({
    method: 'DELETE',
    path: '/tenants/{tenant}',
    operationId: 'deprovisionTenant',
    summary: 'Archive a tenant, to be dropped later',
    description:
      'A job puts its database out of everyone’s reach, with all that is in it. Until `dropAfter` it can be restored; then it is purged.',
    tags,
    roles: platformOnly,
    answers: { 202: acceptedAnswer },
    refusals: { 409: notInThisState },
    handle: async (request) => accepted(await useCases.changeTenant('deprovision', byCaller(request))),
  });

const restore = (useCases: TenantUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/restore',
    operationId: 'restoreTenant',
    summary: 'Restore an archived tenant',
    tags,
    roles: platformOnly,
    body: z.strictObject({}),
    answers: { 202: acceptedAnswer },
    refusals: { 409: 'The tenant is not archived.' },
    handle: async (request) => accepted(await useCases.changeTenant('restore-tenant', byCaller(request))),
  });

const purge = (useCases: TenantUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/purge',
    operationId: 'purgeTenant',
    summary: 'Drop an archived tenant for ever',
    description: 'A job drops its database, roles and secrets. It cannot be undone; the slug is never given to anyone else.',
    tags,
    roles: platformOnly,
    body: z.strictObject({ confirm: z.string().meta({ description: 'The tenant’s slug.', example: 'acme' }) }),
    bodyExample: { confirm: 'acme' },
    answers: { 202: acceptedAnswer },
    refusals: { 409: 'The tenant is not archived.' },
    handle: async (request) =>
      accepted(await useCases.changeTenant('purge-tenant', { ...byCaller(request), confirm: request.body.confirm })),
  });
