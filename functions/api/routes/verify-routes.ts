import * as z from 'zod';
import type { makeVerifyModule, Verification } from '../../../contexts/module-registry/index.ts';
import { defineRoute, type Route } from '../../../contexts/shared/application/route.ts';
import { ModuleName } from '../../../contexts/shared/domain/names.ts';

export interface VerifyUseCases {
  readonly verifyModule: ReturnType<typeof makeVerifyModule>;
}

/** Whether the registry says what stands in a tenant's database. */
export const verifyRoutes = (useCases: VerifyUseCases): readonly Route[] => [verify(useCases)];

const VerificationView = z
  .strictObject({
    module: ModuleName,
    agrees: z.boolean().meta({ description: 'Whether the registry said what stands.' }),
    recorded: z.strictObject({ status: z.string(), version: z.string().optional() }).optional(),
    stands: z.string().meta({ description: 'A version; `absent`; or `unknown`: it fits none.', example: '1.0.0' }),
    problems: z.array(z.string()).meta({ description: 'Each difference between declaration, ledger and database.' }),
    fingerprint: z.string(),
    rowCounts: z.record(z.string(), z.int()),
    behind: z
      .strictObject({ revision: z.int(), seen: z.int() })
      .optional()
      .meta({ description: 'The tenant’s revision, where its database has seen a higher one: a repair raises it.' }),
    repaired: z.boolean(),
  })
  .meta({ id: 'Verification' });

const view = ({ stands, problems, rowCounts, recorded, behind, ...rest }: Verification): z.input<typeof VerificationView> => ({
  ...rest,
  ...(recorded ? { recorded: { ...recorded } } : {}),
  ...(behind ? { behind: { ...behind } } : {}),
  stands: typeof stands === 'string' ? stands : stands.version,
  problems: [...problems],
  rowCounts: { ...rowCounts },
});

const verify = ({ verifyModule }: VerifyUseCases): Route =>
  defineRoute({
    method: 'POST',
    path: '/tenants/{tenant}/modules/{module}/verify',
    operationId: 'verifyModule',
    summary: 'Hold the registry against the tenant’s database',
    description:
      'Compares declaration, ledger and tables. With `repair` the registry is made to say what stands, and its revision is raised above what the database has seen: after the cluster or the registry was taken back to an earlier moment.',
    tags: ['Tenant modules'],
    roles: ['platform-admin'],
    params: z.strictObject({ module: ModuleName }),
    body: z.strictObject({ repair: z.boolean().default(false) }),
    bodyExample: { repair: false },
    answers: { 200: { description: 'What was found, and whether it was repaired.', schema: VerificationView } },
    refusals: { 404: 'There is no such module.', 409: 'A job holds the module, or what stands fits no version.' },
    handle: async ({ tenant, params: { module }, body: { repair }, caller, idempotency }) => {
      const command = { tenantId: tenant.id, module, repair, actor: caller.subject };
      return { status: 200, body: view(await verifyModule({ ...command, ...(idempotency ? { idempotency } : {}) })) };
    },
  });
