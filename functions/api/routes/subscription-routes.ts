import * as z from 'zod';
import { defineRoute, type IdempotencyKey, type Route, readers, type TenantRef } from '../../../contexts/shared/application/route.ts';
import { ModuleName, Ulid } from '../../../contexts/shared/domain/names.ts';
import type {
  makeListEntitlements,
  makeReadEntitlement,
  makeSubscribe,
  makeUnsubscribe,
  UsedEntitlement,
} from '../../../contexts/subscription/index.ts';
import type { makeReadQuota, TenantQuota } from '../../../contexts/tenancy/index.ts';
import { pageByName, pageOf, pageQuery } from '../../http/paging.ts';

export interface SubscriptionUseCases {
  readonly listEntitlements: ReturnType<typeof makeListEntitlements>;
  readonly readEntitlement: ReturnType<typeof makeReadEntitlement>;
  readonly subscribe: ReturnType<typeof makeSubscribe>;
  readonly unsubscribe: ReturnType<typeof makeUnsubscribe>;
  readonly readQuota: ReturnType<typeof makeReadQuota>;
}

/** What tenants are entitled to, and how much they may use. Granting and ending it is the platform's. */
export const subscriptionRoutes = (useCases: SubscriptionUseCases): readonly Route[] => [
  list(useCases),
  read(useCases),
  subscribe(useCases),
  unsubscribe(useCases),
  quota(useCases),
];

const tags = ['Subscriptions'];
const path = '/tenants/{tenant}/subscriptions/{module}';
const params = z.strictObject({ module: ModuleName });
const platformOnly = ['platform-admin'] as const;

const keptElsewhere = 'A subscription service of one’s own keeps the entitlements: change them there.';

const SubscriptionView = z
  .strictObject({
    module: ModuleName,
    status: z.enum(['active', 'ended']),
    since: z.iso.datetime(),
    endedAt: z.iso.datetime().optional(),
    use: z
      .strictObject({ status: z.enum(['reserved', 'captured']), jobId: Ulid.optional(), since: z.iso.datetime() })
      .optional()
      .meta({
        description:
          'Reserved by a job that is to install the module, captured once it stands; absent while it is not used. Without `jobId` where a repair found the module standing.',
      }),
  })
  .meta({ id: 'Subscription' });

const viewSubscription = ({ module, status, since, endedAt, use }: UsedEntitlement): z.input<typeof SubscriptionView> => ({
  module,
  status,
  since: since.toISOString(),
  ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
  ...(use === undefined
    ? {}
    : { use: { status: use.status, ...(use.jobId === undefined ? {} : { jobId: use.jobId }), since: use.since.toISOString() } }),
});

interface Asked {
  readonly tenant: TenantRef;
  readonly caller: { readonly subject: string };
  readonly params: { readonly module: string };
  readonly idempotency?: IdempotencyKey;
}

const commandOf = ({ tenant, caller, params: { module }, idempotency }: Asked) => ({
  tenantId: tenant.id,
  module,
  actor: caller.subject,
  ...(idempotency ? { idempotency } : {}),
});

const list = (useCases: SubscriptionUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/subscriptions',
    operationId: 'listSubscriptions',
    summary: 'List the tenant’s subscriptions',
    tags,
    roles: readers,
    query: pageQuery,
    answers: { 200: { description: 'A page of subscriptions, by module.', schema: pageOf(SubscriptionView) } },
    handle: async ({ tenant, query }) => {
      const { items, ...rest } = pageByName(await useCases.listEntitlements(tenant.id), ({ module }) => module, query);
      return { status: 200, body: { items: items.map(viewSubscription), ...rest } };
    },
  });

const read = (useCases: SubscriptionUseCases): Route =>
  defineRoute({
    method: 'GET',
    path,
    operationId: 'getSubscription',
    summary: 'Read a subscription',
    tags,
    roles: readers,
    params,
    answers: { 200: { description: 'The subscription.', schema: SubscriptionView } },
    refusals: { 404: 'The tenant was never subscribed to the module.' },
    handle: async ({ tenant, params: { module } }) => ({
      status: 200,
      body: viewSubscription(await useCases.readEntitlement(tenant.id, module)),
    }),
  });

const subscribe = (useCases: SubscriptionUseCases): Route =>
  defineRoute({
    method: 'PUT',
    path,
    operationId: 'subscribe',
    summary: 'Subscribe the tenant to a module',
    tags,
    roles: platformOnly,
    params,
    answers: { 200: { description: 'The subscription; the same once it is active.', schema: SubscriptionView } },
    refusals: { 409: keptElsewhere },
    handle: async (request) => ({ status: 200, body: viewSubscription(await useCases.subscribe(commandOf(request))) }),
  });

const unsubscribe = (useCases: SubscriptionUseCases): Route =>
  defineRoute({
    method: 'DELETE',
    path,
    operationId: 'unsubscribe',
    summary: 'End a subscription',
    description: 'What is installed goes on running; nothing new is installed.',
    tags,
    roles: platformOnly,
    params,
    answers: { 204: { description: 'There is none now.' } },
    refusals: { 409: keptElsewhere },
    handle: async (request) => {
      await useCases.unsubscribe(commandOf(request));
      return { status: 204 };
    },
  });

const limit = (what: string) => z.int().nonnegative().meta({ description: what });
const used = limit('What is used of it.');
const allowed = limit('What the plan allows.');

const QuotaView = z
  .strictObject({
    plan: z.string(),
    modules: z.strictObject({ used, limit: allowed }).meta({ description: 'Installed, or in the hands of a job; archives do not count.' }),
    concurrentJobs: z.strictObject({ used, limit: allowed }).meta({ description: 'Jobs that change the tenant’s modules.' }),
    storageBytes: z.strictObject({
      used,
      limit: allowed,
      measuredAt: z.iso.datetime().optional().meta({ description: 'Absent while it was never measured; each change of a module does.' }),
    }),
    requestsPerMinute: z.strictObject({ limit: allowed }).meta({ description: 'Of the tenant’s own users; approximate.' }),
  })
  .meta({ id: 'Quota' });

const viewQuota = ({ plan, quota: allows, usage, storageMeasuredAt }: TenantQuota): z.input<typeof QuotaView> => ({
  plan,
  modules: { used: usage.modules, limit: allows.modules },
  concurrentJobs: { used: usage.concurrentJobs, limit: allows.concurrentJobs },
  storageBytes: {
    used: usage.storageBytes,
    limit: allows.storageBytes,
    ...(storageMeasuredAt === undefined ? {} : { measuredAt: storageMeasuredAt.toISOString() }),
  },
  requestsPerMinute: { limit: allows.requestsPerMinute },
});

const quota = (useCases: SubscriptionUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/quota',
    operationId: 'getQuota',
    summary: 'Read what the tenant may use, and what it uses',
    tags,
    roles: readers,
    answers: { 200: { description: 'Usage and limits.', schema: QuotaView } },
    handle: async ({ tenant }) => ({ status: 200, body: viewQuota(await useCases.readQuota(tenant.id)) }),
  });
