import * as z from 'zod';
import { HookName } from './hook-name.ts';
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
const ofTenant = { ...common, target: TenantTarget };
const toVersion = { to: z.string() };

/** Of a module in one tenant's database, counted from 1: the schema `m` is archived as `m__a1`. */
export const ArchiveNumber = z.int().min(1).max(99_999);

/** What a change does to a module of a tenant. */
export const ModuleChange = z.enum(['install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge']);
export type ModuleChange = z.infer<typeof ModuleChange>;

/** What a rollback undoes: the migrations a job applied, the archive it made, or the archive it brought back. */
export const Undo = z.enum(['migrations', 'archive', 'restore']);
export type Undo = z.infer<typeof Undo>;

const forward = [
  /** Applies landlord migrations up to `to`; forward only, additive, safe to repeat. */
  z.strictObject({ operation: z.literal('migrateForLandlord'), ...common, ...toVersion }),
  /** Applies the tenant migrations up to `to`, one slice of them; repeat until `done`. */
  z.strictObject({
    operation: z.literal('migrateForTenant'),
    ...ofTenant,
    ...toVersion,
    /** `expand` stops before the first contract migration, `contract` runs what it left; without one, all run. */
    phase: z.enum(['expand', 'contract']).optional(),
  }),
  /** Undoes all migrations above `to`, whichever job applied them, in one transaction. From its commit the job only goes forward. */
  z.strictObject({ operation: z.literal('downgradeForTenant'), ...ofTenant, from: z.string(), ...toVersion }),
  /** Inserts what a fresh install begins with; safe to repeat. */
  z.strictObject({ operation: z.literal('seed'), ...ofTenant, ...toVersion }),
  /** Runs a hook of the version; it may run more than once and gets an idempotency key. */
  z.strictObject({
    operation: z.literal('runHook'),
    ...ofTenant,
    /** The version that stands when the job begins; null for none. */
    from: z.string().nullable().default(null),
    /** The version that stands when it is done; null for none: then the hook is that of `from`. */
    to: z.string().nullable(),
    hook: HookName,
  }),
] as const;

const removal = [
  /** Renames the schema `m` to `m__a{archive}`, out of the application's reach. Safe to repeat. */
  z.strictObject({ operation: z.literal('archiveForTenant'), ...ofTenant, archive: ArchiveNumber }),
  /** The reverse; refuses while another job's schema `m` stands. Safe to repeat. */
  z.strictObject({ operation: z.literal('restoreForTenant'), ...ofTenant, archive: ArchiveNumber }),
  /** Drops an archive for good; rejects with Refused `dependents-outside` while something outside depends on it. Safe to repeat. */
  z.strictObject({ operation: z.literal('purgeForTenant'), ...ofTenant, archive: ArchiveNumber }),
  /** Undoes what this job did in the tenant's database; safe to repeat, and to call when nothing was done. */
  z
    .strictObject({
      operation: z.literal('rollbackForTenant'),
      ...ofTenant,
      from: z.string().nullable(),
      undo: Undo.default('migrations'),
      archive: ArchiveNumber.nullish(),
    })
    .refine(({ undo, archive }) => undo === 'migrations' || typeof archive === 'number', {
      path: ['archive'],
      message: 'says which archive is to be undone: a number from 1',
    }),
] as const;

/** These change nothing. */
const questions = [
  /** Compares ledger and database with what `to` declares. */
  z.strictObject({ operation: z.literal('verify'), ...ofTenant, ...toVersion }),
  /** What stands before a job's first change: of the schema `m`, or of its archive. */
  z.strictObject({ operation: z.literal('restorePoint'), ...ofTenant, archive: ArchiveNumber.nullish() }),
  /** Lists the statements that a change would run. Connects to nothing. */
  z.strictObject({
    operation: z.literal('plan'),
    contract: Contract,
    module: ModuleName,
    change: ModuleChange,
    /** The version that stands, or stood when it was archived; null for none. */
    from: z.string().nullable(),
    /** The version that shall stand; null for none. */
    to: z.string().nullable(),
    /** Without one, the name of the first archive is shown. */
    archive: ArchiveNumber.nullish(),
  }),
  /** Looks at the statements of the migrations of all versions up to `to` for what must not run. Connects to nothing. */
  z.strictObject({ operation: z.literal('lint'), contract: Contract, module: ModuleName, ...toVersion }),
] as const;

export const MigratorRequest = z.discriminatedUnion('operation', [...forward, ...removal, ...questions]);
/** As it is after parsing. */
export type MigratorRequest = z.infer<typeof MigratorRequest>;

/** The answer to whatever changes something. `applied` of `total` migrations stand after this call. */
export const SliceAnswer = z.object({ contract: Contract, done: z.boolean(), applied: z.int(), total: z.int() });
export type SliceAnswer = z.infer<typeof SliceAnswer>;

const whatStands = {
  /** Of the module's schema: equal for equal structure. */
  fingerprint: z.string(),
  /** By table; exact, unless `estimated`. */
  rowCounts: z.record(z.string(), z.int()),
  /** The planner's numbers: counting would have taken too long. */
  estimated: z.literal(true).optional(),
};

/** The answer to `verify`: every difference is a sentence without row data. */
export const VerifyAnswer = z.object({
  contract: Contract,
  ok: z.boolean(),
  /** Whether there is a schema of the module's name, be it empty; a migrator that does not say so has not found it absent. */
  exists: z.boolean().default(true),
  problems: z.array(z.string()),
  /** The highest that the tenant's database has seen, of whatever module. */
  highestFence: z.int().nonnegative().optional(),
  ...whatStands,
});
export type VerifyAnswer = z.infer<typeof VerifyAnswer>;

/** The answer to `restorePoint`: to what the cluster's log would have to be replayed, and what one should then find. */
export const RestorePointAnswer = z.object({
  contract: Contract,
  ...whatStands,
  /** Where PostgreSQL's log stood; absent where the cluster does not tell. */
  lsn: z.string().optional(),
  /** The database's own clock, UTC, RFC 3339. */
  at: z.iso.datetime(),
});
export type RestorePointAnswer = z.infer<typeof RestorePointAnswer>;

/** A statement, and whether the migration has read rows before it, so that with other rows it may be another one. */
const PlannedStatement = z.object({ sql: z.string(), dependsOnRows: z.boolean() });

/** The answer to `plan`: what would run, in the order of these fields. Names that only a tenant has stand in angle brackets. */
export const PlanAnswer = z.object({
  contract: Contract,
  /** What is done to the schema as a whole: made, renamed, dropped. */
  schema: z.array(PlannedStatement),
  migrations: z.array(
    z.object({
      scope: z.enum(['landlord', 'tenant']),
      number: z.int(),
      name: z.string(),
      kind: z.enum(['transactional', 'batched', 'concurrent', 'contract']),
      direction: z.enum(['up', 'down']),
      /** It destroys or narrows: what it takes is not there again when it is undone. */
      losesData: z.boolean(),
      statements: z.array(PlannedStatement),
    }),
  ),
  seed: z.array(PlannedStatement),
  /** Of any of the migrations, or of the schema as a whole. */
  losesData: z.boolean(),
});
export type PlanAnswer = z.infer<typeof PlanAnswer>;

/** The answer to `lint`: nothing, or what is wrong, where, and what to do. */
export const LintAnswer = z.object({
  contract: Contract,
  findings: z.array(
    z.object({
      scope: z.enum(['landlord', 'tenant']),
      /** Of the migrator's declaration or of the manifest: `tenant[1].up`. */
      field: z.string(),
      /** The number of the migration; absent where something else is at fault. */
      migration: z.int().optional(),
      rule: z.string(),
      message: z.string(),
      remedy: z.string(),
    }),
  ),
});
export type LintAnswer = z.infer<typeof LintAnswer>;
