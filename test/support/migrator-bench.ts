import { setTimeout as sleep } from 'node:timers/promises';
import { makeLandlordModuleSchema } from '../../contexts/shared/adapters/landlord-module-schema.ts';
import { makeTenantModuleSchema } from '../../contexts/shared/adapters/tenant-module-schema.ts';
import type { Tell } from '../../contexts/shared/application/announcement.ts';
import type { Database } from '../../contexts/shared/application/database.ts';
import type { MigratorDeclaration } from '../../contexts/shared/application/migration.ts';
import { runMigrator } from '../../contexts/shared/application/migrator-runner.ts';
import { parseMigratorRequest } from '../../contexts/shared/application/parse-migrator-request.ts';
import type { HookName } from '../../contexts/shared/domain/hook-name.ts';
import { CONTRACT, type MigratorRequest, SliceAnswer, type Undo } from '../../contexts/shared/domain/migrator-contract.ts';
import type { TenantRoles } from './tenant-fixture.ts';

/** A module's migrator on a tenant's database, without Lambda around it: its requests are parsed as they are there. */
export interface MigratorBench {
  readonly send: (request: MigratorRequest) => ReturnType<ReturnType<typeof runMigrator>>;
  /** One slice of an operation of `job`, which the database has let in with `fence`. */
  readonly slice: (operation: Operation, job: Job) => Promise<SliceAnswer>;
  /** Slices until done; answers all of them. */
  readonly all: (operation: Operation, job: Job) => Promise<readonly SliceAnswer[]>;
}

export type Operation = Exclude<MigratorRequest['operation'], 'runHook' | 'plan' | 'verify' | 'restorePoint'> | HookName;

export interface Job {
  readonly id: string;
  readonly fence: number;
  readonly attempt?: number;
  /** The newest version unless told. */
  readonly to?: string | null;
  readonly from?: string | null;
  readonly phase?: 'expand' | 'contract';
  readonly undo?: Undo;
  readonly archive?: number;
}

export interface MigratorBenchOptions {
  readonly declaration: MigratorDeclaration;
  readonly tenant: TenantRoles;
  /** The tenant's, opened as its owner. */
  readonly database: Database;
  readonly landlord?: Database;
  readonly sliceBudgetMs?: number;
  /** Where its own events go. */
  readonly tell?: Tell;
  /** What the tenant has set. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

export const makeMigratorBench = ({
  declaration,
  tenant,
  database,
  landlord = database,
  sliceBudgetMs = 30_000,
  tell = () => Promise.reject(new Error('nobody listens')),
  configuration = {},
}: MigratorBenchOptions): MigratorBench => {
  const module = declaration.manifest.name;
  const send = runMigrator(declaration, {
    tenantSchema: ({ jobId: job, attempt, fence }) =>
      makeTenantModuleSchema({ database, module, job, attempt, fence, appRole: tenant.app.user }),
    landlordSchema: () => makeLandlordModuleSchema({ database: landlord, module }),
    tell,
    configured: async () => ({ configuration, secretsSet: [] }),
    clock: { now: () => new Date() },
    sleep: (ms) => sleep(ms),
    sliceBudgetMs,
  });
  const slice: MigratorBench['slice'] = async (operation, job) =>
    SliceAnswer.parse(await send(requestOf({ declaration, tenant }, operation, job)));
  const all: MigratorBench['all'] = async (operation, job) => {
    const answers: SliceAnswer[] = [];
    for (let n = 0; n < 100 && answers.at(-1)?.done !== true; n += 1) answers.push(await slice(operation, job));
    return answers;
  };
  return { send, slice, all };
};

export const targetOf = ({ slug, database }: Pick<TenantRoles, 'slug' | 'database'>) => ({
  tenantId: '01K00000000000000000000TEN',
  slug,
  database,
  clusterArn: 'arn:aws:rds:us-east-1:000000000000:cluster:c',
  ownerSecretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:s',
});

/** What the operations do not have in common; a request holds no more than its own. */
const requestOf = (
  { declaration, tenant }: Pick<MigratorBenchOptions, 'declaration' | 'tenant'>,
  operation: Operation,
  job: Job,
): MigratorRequest => {
  const { id: jobId, fence, attempt = 1, to = declaration.manifest.versions.at(-1)?.version ?? '', from = null, archive = 1 } = job;
  const common = { contract: CONTRACT, module: declaration.manifest.name, jobId, attempt, fence };
  const own: Readonly<Partial<Record<Operation, object>>> = {
    migrateForLandlord: { to },
    migrateForTenant: { to, ...(job.phase === undefined ? {} : { phase: job.phase }) },
    downgradeForTenant: { from, to },
    seed: { to },
    archiveForTenant: { archive },
    restoreForTenant: { archive },
    purgeForTenant: { archive },
    rollbackForTenant: { from, undo: job.undo, archive },
  };
  const target = operation === 'migrateForLandlord' ? {} : { target: targetOf(tenant) };
  const more = own[operation] ?? { operation: 'runHook', hook: operation, from, to };
  return parseMigratorRequest({ operation, ...common, ...target, ...more });
};
