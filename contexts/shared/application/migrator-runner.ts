import { Defect } from '../domain/errors.ts';
import { CONTRACT, type MigratorRequest, type PlanAnswer, type SliceAnswer, type VerifyAnswer } from '../domain/migrator-contract.ts';
import { applyMigrations } from './apply-migrations.ts';
import { dryRun } from './dry-run.ts';
import type { MigratorDeclaration } from './migration.ts';
import type { LedgerEntry, ModuleSchema, TenantModuleSchema } from './module-schema.ts';
import { planMigrations, totalOf } from './planned-migrations.ts';
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
}

export type MigratorAnswer = SliceAnswer | VerifyAnswer | PlanAnswer;

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
      case 'seed':
        return seed(command, request);
      case 'runHook':
        return hook(command, request);
      case 'rollbackForTenant':
        return rollbackForTenant(command, request);
      case 'verify':
        return verifySchema(await planMigrations(declaration, 'tenant', request.to), declaration, ports.tenantSchema(request));
      case 'plan':
        return plan(declaration, request);
      default:
        throw new Defect(`the deployed migrator of ${request.module} does not know ${request.operation}`, { module: request.module });
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
  await runHook({
    declaration,
    hook: request.hook,
    context: {
      tenant: { tenantId: request.target.tenantId, slug: request.target.slug },
      version: hookVersion(request),
      from: request.from,
      idempotencyKey: `${request.jobId}:${request.hook}`,
      change: (work) => schema.change(({ db }) => work(db)),
    },
  });
  const total = totalOf(declaration, 'tenant', request.to);
  return answer({ standing: total, done: true }, total);
};

/** Of an uninstall nothing shall stand, so its hooks are those of the version that leaves. */
const hookVersion = ({ module, from, to }: RequestOf<'runHook'>): string => {
  const version = to ?? from;
  if (version === null) throw new Defect(`a hook of ${module} was asked for without a version`, { module });
  return version;
};

const rollbackForTenant = async ({ declaration, ports }: Command, request: RequestOf<'rollbackForTenant'>): Promise<SliceAnswer> => {
  const schema = ports.tenantSchema(request);
  if (request.from === null) {
    await schema.removeIfCreatedBy(request.jobId);
    return answer({ standing: 0, done: true }, 0);
  }
  const plan = await planMigrations(declaration, 'tenant', request.from);
  const slice = startSlice(ports);
  return answer(await undoMigrations({ plan, schema, slice, job: request.jobId }), plan.total);
};

const plan = async (declaration: MigratorDeclaration, request: RequestOf<'plan'>): Promise<PlanAnswer> => {
  const scopes = ['landlord', 'tenant'] as const;
  const pending = scopes.flatMap((scope) =>
    declaration[scope].slice(totalOf(declaration, scope, request.from), totalOf(declaration, scope, request.to)).map(async (migration) => ({
      scope,
      number: migration.number,
      name: migration.name,
      kind: migration.kind,
      direction: 'up' as const,
      losesData: migration.kind === 'contract',
      statements: [...(await dryRun(request.module, migration))],
    })),
  );
  const migrations = await Promise.all(pending);
  return { contract: CONTRACT, schema: [], migrations, seed: [], losesData: migrations.some((m) => m.losesData) };
};

const answer = ({ standing, done }: Progress, total: number): SliceAnswer => ({
  contract: CONTRACT,
  done,
  applied: Math.min(standing, total),
  total,
});
