import { Defect } from '../domain/errors.ts';
import {
  CONTRACT,
  type LintAnswer,
  type MigratorRequest,
  type PlanAnswer,
  type RestorePointAnswer,
  type SliceAnswer,
  type VerifyAnswer,
} from '../domain/migrator-contract.ts';
import { makeAnnounce, type Tell } from './announcement.ts';
import { applyMigrations } from './apply-migrations.ts';
import { archiveModule, isRestoredBy, restoreModule, undoArchive, undoRestore } from './archive-module.ts';
import { versionsInOrder } from './define-migrator.ts';
import { downgradeMigrations } from './downgrade-migrations.ts';
import { effectiveConfiguration } from './effective-configuration.ts';
import type { MigratorDeclaration } from './migration.ts';
import { lintMigrator } from './migration-lint.ts';
import type { LedgerEntry, ModuleSchema, TenantModuleSchema } from './module-schema.ts';
import { planChange } from './plan-change.ts';
import { planMigrations, totalOf } from './planned-migrations.ts';
import { runReversible, undoReversible } from './reversible-hook.ts';
import { runHook } from './run-hook.ts';
import { type Progress, type SliceTiming, startSlice } from './slice.ts';
import { undoMigrations } from './undo-migrations.ts';
import { verifySchema } from './verify-schema.ts';

type RequestOf<Operation extends MigratorRequest['operation']> = Extract<MigratorRequest, { operation: Operation }>;
/** Requests about one tenant's database. */
export type TenantRequest = Extract<MigratorRequest, { target: unknown }>;

export interface MigratorPorts extends SliceTiming {
  /** Opened as the tenant's owner, with the fence of the request. */
  readonly tenantSchema: (request: TenantRequest) => TenantModuleSchema;
  /** Opened as the module's own role in the landlord database. */
  readonly landlordSchema: (module: string) => ModuleSchema;
  /** Puts an event of the module's own on the platform's bus. */
  readonly tell: Tell;
  /** What the tenant has set of a module, read as the tenant; rejects with Unavailable while it cannot be read. */
  readonly configured: (tenantId: string, module: string) => Promise<Configured>;
}

export interface Configured {
  readonly configuration: Readonly<Record<string, unknown>>;
  /** The names of the write-only fields that are set. */
  readonly secretsSet: readonly string[];
}

export type MigratorAnswer = SliceAnswer | VerifyAnswer | RestorePointAnswer | PlanAnswer | LintAnswer;

/** A module's whole migrator: the generic half around what its author declared. Every operation is safe to repeat. */
export const runMigrator =
  (declaration: MigratorDeclaration, ports: MigratorPorts) =>
  async (request: MigratorRequest): Promise<MigratorAnswer> => {
    if (request.module !== declaration.manifest.name)
      throw new Defect(`a request for ${request.module} reached the migrator of ${declaration.manifest.name}`, { module: request.module });
    const command = { declaration, ports };
    switch (request.operation) {
      case 'migrateForLandlord':
        return migrateForLandlord(command, request);
      case 'migrateForTenant':
        return migrateForTenant(command, request);
      case 'downgradeForTenant':
        return downgradeForTenant(command, request);
      case 'seed':
        return seed(command, request);
      case 'runHook':
        return hook(command, request);
      case 'archiveForTenant':
      case 'restoreForTenant':
      case 'purgeForTenant':
        return moveArchive(command, request);
      case 'rollbackForTenant':
        return rollbackForTenant(command, request);
      case 'restorePoint':
        return restorePoint(ports.tenantSchema(request), request);
      case 'verify':
        return verifySchema(await planMigrations(declaration, 'tenant', request.to), declaration, ports.tenantSchema(request));
      case 'plan':
        return planChange(declaration, request);
      case 'lint':
        return { contract: CONTRACT, findings: [...(await lintMigrator(declaration, request.to))] };
    }
  };

interface Command {
  readonly declaration: MigratorDeclaration;
  readonly ports: MigratorPorts;
}

const migrateForLandlord = async ({ declaration, ports }: Command, request: RequestOf<'migrateForLandlord'>): Promise<SliceAnswer> => {
  const plan = await planMigrations(declaration, 'landlord', request.to);
  const schema = ports.landlordSchema(request.module);
  const slice = startSlice(ports);
  const progress = await applyMigrations({ plan, schema, slice, by: { job: request.jobId, attempt: request.attempt } });
  return answer(progress, plan.total);
};

const migrateForTenant = async ({ declaration, ports }: Command, request: RequestOf<'migrateForTenant'>): Promise<SliceAnswer> => {
  const plan = await planMigrations(declaration, 'tenant', request.to);
  const progress = await applyMigrations({
    plan,
    schema: ports.tenantSchema(request),
    slice: startSlice(ports),
    by: { job: request.jobId, attempt: request.attempt },
    phase: request.phase,
  });
  return answer(progress, plan.total);
};

const seed = async ({ declaration, ports }: Command, request: RequestOf<'seed'>): Promise<SliceAnswer> => {
  const total = totalOf(declaration, 'tenant', request.to);
  const plant = declaration.seed;
  const announced = declaration.manifest.versions.some((v) => v.version === request.to && v.seeds);
  if (plant !== undefined && announced)
    await ports.tenantSchema(request).change(async ({ db, record }) => {
      if (await record(seedEntry(request))) await plant(db, request.to);
    });
  return answer({ standing: total, done: true }, total);
};

const seedEntry = ({ to, jobId, attempt }: RequestOf<'seed'>): LedgerEntry => ({
  entry: `seed@${to}`,
  number: null,
  version: to,
  kind: 'seed',
  checksum: '',
  job: jobId,
  attempt,
  applied: true,
  cursor: null,
});

const hook = async ({ declaration, ports }: Command, request: RequestOf<'runHook'>): Promise<SliceAnswer> => {
  const schema = ports.tenantSchema(request);
  const total = totalOf(declaration, 'tenant', request.to);
  const done = answer({ standing: total, done: true }, total);
  // an attempt before this one may have archived the module already: then what comes before that is over
  if (request.hook === 'preUninstall' && !(await schema.change(async ({ exists }) => exists))) return done;
  const { module, from, jobId, attempt, target } = request;
  const { tenantId, slug } = target;
  const version = hookVersion(request);
  const idempotencyKey = `${jobId}:${module}:${request.hook}`;
  const told = { module, declared: declaration.announces ?? [], idempotencyKey, about: { version, tenantId, jobId } };
  const about = { tenant: { tenantId, slug }, version, from };
  await runHook({
    declaration,
    hook: request.hook,
    reversibly: (reversible) => runReversible({ schema, hook: request.hook, job: jobId, attempt, reversible, context: about }),
    context: {
      ...{ ...about, idempotencyKey },
      change: (work) => schema.change(({ db }) => work(db)),
      configuration: async () => effectiveOf(declaration, from ?? version, await ports.configured(tenantId, module)),
      announce: makeAnnounce({ ...ports, ...told }),
    },
  });
  return done;
};

const effectiveOf = ({ manifest }: MigratorDeclaration, version: string, { configuration, secretsSet }: Configured) =>
  effectiveConfiguration(manifest.versions.find((known) => known.version === version)?.configuration ?? {}, configuration, secretsSet);

/** Of an uninstall nothing shall stand, so its hooks are those of the version that leaves. */
const hookVersion = ({ module, from, to }: RequestOf<'runHook'>): string => {
  const version = to ?? from;
  if (version === null) throw new Defect(`a hook of ${module} was asked for without a version`, { module });
  return version;
};

const downgradeForTenant = async ({ declaration, ports }: Command, request: RequestOf<'downgradeForTenant'>): Promise<SliceAnswer> => {
  const plan = await planMigrations(declaration, 'tenant', request.from);
  const total = totalOf(declaration, 'tenant', request.to);
  const by = { job: request.jobId, attempt: request.attempt };
  return answer(await downgradeMigrations({ plan, schema: ports.tenantSchema(request), total, by }), total);
};

const moves = { archiveForTenant: archiveModule, restoreForTenant: restoreModule } as const;

const moveArchive = async (
  { ports }: Command,
  request: RequestOf<'archiveForTenant' | 'restoreForTenant' | 'purgeForTenant'>,
): Promise<SliceAnswer> => {
  const { archive, jobId: job } = request;
  const schema = ports.tenantSchema(request);
  await (request.operation === 'purgeForTenant' ? schema.purge(archive) : moves[request.operation]({ schema, archive, job }));
  return answer({ standing: 0, done: true }, 0);
};

const rollbackForTenant = async ({ declaration, ports }: Command, request: RequestOf<'rollbackForTenant'>): Promise<SliceAnswer> => {
  const { jobId: job, from, undo } = request;
  const schema = ports.tenantSchema(request);
  const total = totalOf(declaration, 'tenant', from);
  if (undo === 'migrations' && from === null) {
    await schema.removeIfCreatedBy(job);
    return answer({ standing: 0, done: true }, 0);
  }
  if (undo === 'archive') {
    await undoArchive({ schema, archive: archiveOf(request), job });
    await undoReversible(declaration, { schema, hook: 'preUninstall', job });
    return answer({ standing: total, done: true }, total);
  }
  if (undo === 'restore' && !(await isRestoredBy({ schema, archive: archiveOf(request), job })))
    return answer({ standing: total, done: true }, total);
  const plan = await planMigrations(declaration, 'tenant', from ?? newestOf(declaration));
  const progress = await undoMigrations({ plan, schema, slice: startSlice(ports), job });
  if (!progress.done) return answer(progress, total);
  if (undo === 'restore') await undoRestore({ schema, archive: archiveOf(request), job });
  else await undoReversible(declaration, { schema, hook: 'preUpgrade', job });
  return answer(progress, total);
};

const archiveOf = ({ module, archive }: RequestOf<'rollbackForTenant'>): number => {
  if (typeof archive === 'number') return archive;
  throw new Defect(`which archive of ${module} is to be undone was not said`, { module });
};

/** Where no version is named, all that this code knows may stand. */
const newestOf = (declaration: MigratorDeclaration): string => versionsInOrder(declaration).at(-1)?.version ?? '';

const restorePoint = async (schema: TenantModuleSchema, { archive }: RequestOf<'restorePoint'>): Promise<RestorePointAnswer> => {
  const { at, lsn } = await schema.moment();
  const { fingerprint, rowCounts, estimated } = await schema.inspect(archive ?? undefined);
  return {
    contract: CONTRACT,
    fingerprint,
    rowCounts,
    at: at.toISOString(),
    ...(lsn === undefined ? {} : { lsn }),
    ...(estimated === undefined ? {} : { estimated }),
  };
};

const answer = ({ standing, done }: Progress, total: number): SliceAnswer => ({
  contract: CONTRACT,
  done,
  applied: Math.min(standing, total),
  total,
});
