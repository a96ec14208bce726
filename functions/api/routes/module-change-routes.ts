import * as z from 'zod';
import type { Change, makePlanChange, makeRequestChange } from '../../../contexts/module-registry/index.ts';
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
import { accepted, acceptedAnswer } from '../views/job-view.ts';
import { PlanView, viewPlan } from '../views/plan-view.ts';

export interface ModuleChangeUseCases {
  readonly requestChange: ReturnType<typeof makeRequestChange>;
  readonly planChange: ReturnType<typeof makePlanChange>;
  /** The tenant that a caller names in a body; rejects as for a path. */
  readonly namedTenant: (caller: Caller, slugOrId: string) => Promise<TenantRef>;
}

/** Whatever a tenant's module can go through; each as a job, or with `dryRun` as its plan. */
export const moduleChangeRoutes = (useCases: ModuleChangeUseCases): readonly Route[] => [
  install(useCases),
  installByPath(useCases),
  installForTenant(useCases),
  upgrade(useCases),
  downgrade(useCases),
  uninstall(useCases),
  restore(useCases),
  purge(useCases),
  plan(useCases),
];

const tags = ['Tenant modules'];
const params = z.strictObject({ module: ModuleName });

const Version = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'A version or a range; the newest published one unless given.', example: '^1.0' });
const Configuration = z
  .record(z.string(), z.unknown())
  .meta({ description: 'As the version’s configuration schema says; its defaults, or what was there, unless given.' });
const wish = { version: Version.optional(), configuration: Configuration.optional() };
const Others = z
  .array(z.strictObject({ module: ModuleName, ...wish }))
  .max(20)
  .optional()
  .meta({ description: 'Modules that are changed along with it, in the same job.' });

const agreed = {
  dryRun: z.boolean().optional().meta({ description: 'Answers 200 with the plan; nothing is written.' }),
  planHash: z.string().max(8_192).optional().meta({ description: 'Of a plan: the change is refused (409) if it is another one by now.' }),
};

const answers = { 200: { description: 'The plan, when `dryRun` is true.', schema: PlanView }, 202: acceptedAnswer } as const;
const inTheWay = 'Another job is changing a module of the plan, or one that it needs; the job is named. Or the plan is another by now.';

interface Asked {
  readonly caller: Caller;
  readonly tenant: TenantRef;
  readonly idempotency?: IdempotencyKey;
}

interface Agreed {
  readonly dryRun?: boolean | undefined;
  readonly planHash?: string | undefined;
}

interface Wished {
  readonly module: string;
  readonly version?: string | undefined;
  readonly configuration?: Readonly<Record<string, unknown>> | undefined;
}

type Details = Pick<Change, 'acceptDataLoss' | 'confirm' | 'waiveGracePeriod'>;

const changeOf = (tenant: TenantRef, kind: Change['kind'], wishes: readonly Wished[], details: Details = {}): Change => ({
  tenantId: tenant.id,
  kind,
  modules: wishes.map(({ module, version }) => ({ module, ...(version === undefined ? {} : { range: version }) })),
  configurations: Object.fromEntries(wishes.flatMap(({ module, configuration }) => (configuration ? [[module, configuration]] : []))),
  ...details,
});

/** The change as a job, or its plan. */
const make = async (
  { requestChange, planChange }: ModuleChangeUseCases,
  { caller, idempotency }: Asked,
  change: Change,
  { dryRun, planHash }: Agreed,
) => {
  if (dryRun === true) return { status: 200 as const, body: viewPlan(await planChange(change)) };
  return accepted(
    await requestChange({
      ...change,
      ...(planHash === undefined ? {} : { planHash }),
      actor: caller.subject,
      ...(idempotency ? { idempotency } : {}),
    }),
  );
};

const installing = {
  method: 'POST',
  tags,
  answers,
  refusals: {
    402: 'The tenant has no subscription to a module of the plan.',
    404: 'There is no such module or version.',
    409: `It is installed already (\`already-installed\`), or an archive of it is kept. ${inTheWay}`,
    422: 'No version fits: what it needs is missing, does not fit or contradicts itself, or the version may not be installed; the chain says why.',
  },
} as const;

const install = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    ...installing,
    path: '/tenants/{tenant}/modules',
    operationId: 'installModule',
    summary: 'Install a module and what it needs',
    description: 'One job installs all modules of the plan, or none. While a job for the same is open, the same request answers that job.',
    roles: writers,
    body: z.strictObject({ module: ModuleName.meta({ example: 'digital_card' }), ...wish, with: Others, ...agreed }),
    bodyExample: { module: 'digital_card' },
    handle: async (request) => {
      const { with: others = [], ...wished } = request.body;
      return make(useCases, request, changeOf(request.tenant, 'install', [wished, ...others]), request.body);
    },
  });

const installByPath = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    ...installing,
    path: '/tenants/{tenant}/modules/{module}',
    operationId: 'installNamedModule',
    summary: 'Install the module of the path and what it needs',
    roles: writers,
    params,
    body: z.strictObject({ ...wish, ...agreed }),
    bodyExample: {},
    handle: async (request) => {
      const wished = { ...request.params, ...request.body };
      return make(useCases, request, changeOf(request.tenant, 'install', [wished]), request.body);
    },
  });

const installForTenant = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    ...installing,
    path: '/platform/modules/{module}/install',
    operationId: 'installModuleForTenant',
    summary: 'Install a module for the tenant of the body',
    roles: ['platform-admin'],
    params,
    body: z.strictObject({ tenant: z.union([TenantSlug, Ulid]).meta({ description: 'Slug or id.', example: 'acme' }), ...wish, ...agreed }),
    bodyExample: { tenant: 'acme' },
    handle: async (request) => {
      const tenant = await useCases.namedTenant(request.caller, request.body.tenant);
      const change = changeOf(tenant, 'install', [{ ...request.params, ...request.body }]);
      return make(useCases, { ...request, tenant }, change, request.body);
    },
  });

const changing = {
  method: 'POST',
  tags,
  roles: writers,
  params,
  answers,
  refusals: {
    402: 'The tenant has no subscription to a module of the plan.',
    404: 'There is no such module or version.',
    409: `The module is not in a state for it. ${inTheWay}`,
    422: 'A dependent does not accept the version, or what the version needs is missing; the chain says why.',
  },
} as const;

const upgrade = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    ...changing,
    path: '/tenants/{tenant}/modules/{module}/upgrade',
    operationId: 'upgradeModule',
    summary: 'Upgrade a module, alone or with others',
    description: 'If any step fails, every module is back at the version it had, with its data.',
    body: z.strictObject({ ...wish, with: Others, ...agreed }),
    bodyExample: { with: [{ module: 'finance' }] },
    handle: async (request) => {
      const { with: others = [], ...wished } = request.body;
      return make(useCases, request, changeOf(request.tenant, 'upgrade', [{ ...request.params, ...wished }, ...others]), request.body);
    },
  });

const downgrade = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    ...changing,
    path: '/tenants/{tenant}/modules/{module}/downgrade',
    operationId: 'downgradeModule',
    summary: 'Take a module back to an earlier version',
    description: 'Undoes the migrations of what is newer. Where that loses data it is refused until `acceptDataLoss` is true.',
    body: z.strictObject({ ...wish, version: Version, with: Others, acceptDataLoss: z.boolean().optional(), ...agreed }),
    bodyExample: { version: '1.0.0' },
    handle: async (request) => {
      const { with: others = [], acceptDataLoss, ...wished } = request.body;
      const details = acceptDataLoss === undefined ? {} : { acceptDataLoss };
      const change = changeOf(request.tenant, 'downgrade', [{ ...request.params, ...wished }, ...others], details);
      return make(useCases, request, change, request.body);
    },
  });

const uninstall = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    ...changing,
    method: 'DELETE',
    path: '/tenants/{tenant}/modules/{module}',
    operationId: 'uninstallModule',
    summary: 'Uninstall a module; its data is archived',
    body: z.strictObject({
      with: z
        .array(z.strictObject({ module: ModuleName }))
        .max(20)
        .optional(),
      ...agreed,
    }),
    bodyExample: {},
    handle: async (request) => {
      const change = changeOf(request.tenant, 'uninstall', [request.params, ...(request.body.with ?? [])]);
      return make(useCases, request, change, request.body);
    },
  });

const restore = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    ...changing,
    path: '/tenants/{tenant}/modules/{module}/restore',
    operationId: 'restoreModule',
    summary: 'Bring an uninstalled module back with its data',
    body: z.strictObject(agreed),
    bodyExample: {},
    handle: async (request) => make(useCases, request, changeOf(request.tenant, 'restore', [request.params]), request.body),
  });

const purge = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    ...changing,
    path: '/tenants/{tenant}/modules/{module}/purge',
    operationId: 'purgeModule',
    summary: 'Drop an uninstalled module’s data for ever',
    description: 'Possible once the grace period is over, which a platform admin may waive. `confirm` is the module’s name.',
    body: z.strictObject({ confirm: z.string().optional(), waiveGracePeriod: z.boolean().optional(), ...agreed }),
    bodyExample: { confirm: 'digital_card' },
    handle: async (request) => {
      const { confirm, waiveGracePeriod } = request.body;
      const waived = waiveGracePeriod === true && request.caller.role === 'platform-admin';
      const details = { ...(confirm === undefined ? {} : { confirm }), ...(waived ? { waiveGracePeriod: true } : {}) };
      return make(useCases, request, changeOf(request.tenant, 'purge', [request.params], details), request.body);
    },
  });

const plan = (useCases: ModuleChangeUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/modules/{module}/plan',
    operationId: 'planModuleChange',
    summary: 'Look at what a change would do',
    description: 'The plan, the outcome of every check and the exact statements. Writes nothing, not even a lock.',
    tags,
    roles: readers,
    params,
    body: z.strictObject({
      change: z.enum(['install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge']).default('install'),
      ...wish,
      with: Others,
      acceptDataLoss: z.boolean().optional(),
      confirm: z.string().optional(),
    }),
    bodyExample: { change: 'install' },
    answers: { 200: { description: 'What would happen, also where it would be refused.', schema: PlanView } },
    handle: async (request) => {
      const { change: kind, with: others = [], acceptDataLoss, confirm, ...wished } = request.body;
      const details = { ...(acceptDataLoss === undefined ? {} : { acceptDataLoss }), ...(confirm === undefined ? {} : { confirm }) };
      const change = changeOf(request.tenant, kind, [{ ...request.params, ...wished }, ...others], details);
      return { status: 200, body: viewPlan(await useCases.planChange(change)) };
    },
  });
