import { Malformed } from '../domain/errors.ts';
import { CONTRACT, type MigratorRequest, type PlanAnswer } from '../domain/migrator-contract.ts';
import { archiveSchemaName } from '../domain/names.ts';
import { type DryStatement, dryRun, dryRunDown, recorded } from './dry-run.ts';
import { losesData } from './loses-data.ts';
import type { Migration, MigratorDeclaration, Scope } from './migration.ts';
import { totalOf } from './planned-migrations.ts';
import { archiveSchemaSql, createSchemaSql, dropSchemaSql, restoreSchemaSql } from './schema-statements.ts';

export type PlanRequest = Extract<MigratorRequest, { operation: 'plan' }>;
type PlannedMigration = PlanAnswer['migrations'][number];

/** The statements of a change in the order in which they would run; what a ledger would note of them is not listed. Connects to nothing. */
export const planChange = async (declaration: MigratorDeclaration, request: PlanRequest): Promise<PlanAnswer> => {
  checkVersions(request);
  const schema = schemaStatements(request).map((sql) => ({ sql, dependsOnRows: false }));
  const migrations = await migrationsOf(declaration, request);
  const lost = request.change === 'purge' || migrations.some((migration) => migration.losesData);
  return { contract: CONTRACT, schema, migrations, seed: [...(await seedOf(declaration, request))], losesData: lost };
};

const needed = {
  install: ['to'],
  upgrade: ['from', 'to'],
  downgrade: ['from', 'to'],
  uninstall: [],
  restore: [],
  purge: [],
} as const satisfies Record<PlanRequest['change'], readonly ('from' | 'to')[]>;

const checkVersions = (request: PlanRequest): void => {
  const missing = needed[request.change].filter((field) => request[field] === null);
  if (missing.length === 0) return;
  throw new Malformed(
    `a plan of ${request.change} says ${missing.join(' and ')} which version`,
    missing.map((field) => ({ field, message: `is needed for ${request.change}` })),
  );
};

/** Only a tenant has these. */
const unknown = { appRole: '<app role>', job: '<job>' };

const schemaStatements = ({ module, change, archive }: PlanRequest): readonly string[] => {
  const of = { module, ...unknown, archive: archive ?? 1 };
  if (change === 'install') return createSchemaSql(of);
  if (change === 'uninstall') return archiveSchemaSql(of);
  if (change === 'restore') return restoreSchemaSql(of);
  return change === 'purge' ? [dropSchemaSql(archiveSchemaName(module, of.archive))] : [];
};

const migrationsOf = async (declaration: MigratorDeclaration, request: PlanRequest): Promise<PlannedMigration[]> => {
  const { change, from, to } = request;
  if (change === 'uninstall' || change === 'purge' || to === null) return [];
  if (change === 'downgrade') return Promise.all(downs(declaration, from, to).map((m) => planned(request, 'tenant', m)));
  // Without a version that it had, nothing is known of what an archive lacks.
  if (change === 'restore' && from === null) return [];
  const ups = (scope: Scope) => declaration[scope].slice(totalOf(declaration, scope, from), totalOf(declaration, scope, to));
  return Promise.all((['landlord', 'tenant'] as const).flatMap((scope) => ups(scope).map((m) => planned(request, scope, m))));
};

/** The last first; what was built outside a transaction goes after it. The landlord's stay. */
const downs = (declaration: MigratorDeclaration, from: string | null, to: string): readonly Migration[] => {
  const above = declaration.tenant.slice(totalOf(declaration, 'tenant', to), totalOf(declaration, 'tenant', from)).toReversed();
  return [...above.filter(({ kind }) => kind !== 'concurrent'), ...above.filter(({ kind }) => kind === 'concurrent')];
};

const planned = async ({ module, change }: PlanRequest, scope: Scope, migration: Migration): Promise<PlannedMigration> => {
  const { number, name, kind } = migration;
  const direction = change === 'downgrade' ? ('down' as const) : ('up' as const);
  const statements = [...(await (direction === 'up' ? dryRun : dryRunDown)(module, migration))];
  // What an install makes holds nothing yet that could be lost.
  return {
    scope,
    number,
    name,
    kind,
    direction,
    losesData: change !== 'install' && losesData({ kind, direction, statements }),
    statements,
  };
};

const seedOf = async ({ manifest, seed }: MigratorDeclaration, { module, change, to }: PlanRequest): Promise<readonly DryStatement[]> => {
  const announced = manifest.versions.some(({ version, seeds }) => version === to && seeds);
  if (change !== 'install' || to === null || seed === undefined || !announced) return [];
  return recorded(module, (db) => seed(db, to));
};
