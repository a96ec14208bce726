import * as z from 'zod';
import { ModuleName, TenantSlug, Ulid } from './names.ts';

/**
 * All that the registry knows of a module: it invokes the module's own function with one of these requests, and reads one
 * of these answers. Functions accept `contract` n and n − 1, so executions in flight survive a deploy.
 */
export const CONTRACT = 1;

const Contract = z.literal(CONTRACT);

/** Where a tenant's module lives and with whose credentials it is reached; ARNs and names only. */
export const TenantTarget = z.strictObject({
  tenantId: Ulid,
  slug: TenantSlug,
  database: z.string(),
  clusterArn: z.string(),
  ownerSecretArn: z.string(),
});
export type TenantTarget = z.infer<typeof TenantTarget>;

const common = {
  contract: Contract,
  module: ModuleName,
  jobId: Ulid,
  attempt: z.int().positive(),
  /** Monotonic per tenant: a worker that holds a lower one than the database has seen stops. */
  fence: z.int().positive(),
};
const toVersion = { to: z.string() };

export const MigratorRequest = z.discriminatedUnion('operation', [
  /** Applies landlord migrations up to `to`; forward only, additive, safe to repeat. */
  z.strictObject({ operation: z.literal('migrateForLandlord'), ...common, ...toVersion }),
  /** Applies the tenant migrations up to `to`, one slice of them; repeat until `done`. */
  z.strictObject({
    operation: z.literal('migrateForTenant'),
    ...common,
    ...toVersion,
    target: TenantTarget,
    /** `expand` stops before the first contract migration, `contract` runs what it left; without one, all run. */
    phase: z.enum(['expand', 'contract']).optional(),
  }),
  /** Inserts what a fresh install begins with; safe to repeat. */
  z.strictObject({ operation: z.literal('seed'), ...common, ...toVersion, target: TenantTarget }),
  /** Runs a hook of the version; it may run more than once and gets an idempotency key. */
  z.strictObject({
    operation: z.literal('runHook'),
    ...common,
    ...toVersion,
    target: TenantTarget,
    hook: z.enum(['preInstall', 'postInstall']),
  }),
  /** Undoes what this job did in the tenant's database; safe to repeat, and to call when nothing was done. */
  z.strictObject({ operation: z.literal('rollbackForTenant'), ...common, target: TenantTarget, from: z.string().nullable() }),
  /** Compares ledger and database with what `to` declares. Changes nothing. */
  z.strictObject({ operation: z.literal('verify'), ...common, ...toVersion, target: TenantTarget }),
  /** Lists the statements that the pending migrations would run. Changes nothing, connects to nothing. */
  z.strictObject({ operation: z.literal('plan'), contract: Contract, module: ModuleName, from: z.string().nullable(), ...toVersion }),
]);
export type MigratorRequest = z.infer<typeof MigratorRequest>;

/** The answer to every operation but `plan` and `verify`. `applied` of `total` migrations stand after this call. */
export const SliceAnswer = z.object({ contract: Contract, done: z.boolean(), applied: z.int(), total: z.int() });
export type SliceAnswer = z.infer<typeof SliceAnswer>;

/** The answer to `verify`: every difference is a sentence without row data. */
export const VerifyAnswer = z.object({
  contract: Contract,
  ok: z.boolean(),
  problems: z.array(z.string()),
  /** Of the module's schema: equal for equal structure. */
  fingerprint: z.string(),
  rowCounts: z.record(z.string(), z.int()),
});
export type VerifyAnswer = z.infer<typeof VerifyAnswer>;

/** The answer to `plan`: what would run, in order. */
export const PlanAnswer = z.object({
  contract: Contract,
  migrations: z.array(
    z.object({
      scope: z.enum(['landlord', 'tenant']),
      number: z.int(),
      name: z.string(),
      kind: z.enum(['transactional', 'batched', 'concurrent', 'contract']),
      statements: z.array(z.object({ sql: z.string(), dependsOnRows: z.boolean() })),
    }),
  ),
});
export type PlanAnswer = z.infer<typeof PlanAnswer>;
