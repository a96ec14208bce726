import { Defect } from '../domain/errors.ts';
import { versionsInOrder } from './define-migrator.ts';
import { checksumOf } from './dry-run.ts';
import type { Migration, MigratorDeclaration, Scope } from './migration.ts';
import type { LedgerEntry } from './module-schema.ts';

/** A migration as the ledger knows it. */
export interface PlannedMigration {
  readonly migration: Migration;
  readonly entry: string;
  readonly version: string;
  readonly checksum: string;
}

/** All that the deployed code can apply in a scope, and how many of it belong to a version. */
export interface MigrationPlan {
  readonly module: string;
  readonly scope: Scope;
  readonly version: string;
  readonly all: readonly PlannedMigration[];
  readonly total: number;
}

export const planMigrations = async (declaration: MigratorDeclaration, scope: Scope, version: string): Promise<MigrationPlan> => {
  const module = declaration.manifest.name;
  const total = totalOf(declaration, scope, version);
  const all = await Promise.all(declaration[scope].map((migration) => planned(declaration, scope, migration)));
  return { module, scope, version, all, total };
};

/** The last migration of a scope that belongs to a version; null is before any. */
export const totalOf = (declaration: MigratorDeclaration, scope: Scope, version: string | null): number => {
  if (version === null) return 0;
  const found = declaration.manifest.versions.find((v) => v.version === version);
  if (found !== undefined) return found.migrations[scope];
  throw new Defect(`the deployed migrator of ${declaration.manifest.name} knows no version ${version}`, { version });
};

/**
 * How many migrations of the plan stand already. They are always the first ones. Rejects a ledger that this code cannot
 * have written: an unknown or changed migration, or one beyond the version asked for.
 */
export const standingOf = (plan: MigrationPlan, entries: readonly LedgerEntry[]): number => {
  for (const entry of entries) if (entry.number !== null) checkEntry(plan, entry, entry.number);
  return entries.filter((entry) => entry.number !== null && entry.applied).length;
};

/** The declared migration of a ledger entry; a Defect if this code does not have it. */
export const migrationOf = (plan: MigrationPlan, entry: LedgerEntry): PlannedMigration => {
  const found = plan.all.find((p) => p.entry === entry.entry);
  if (found !== undefined) return found;
  throw new Defect(`the database has ${entry.entry} of ${plan.module}, which the deployed code does not know; deploy the newer code`, {
    module: plan.module,
    migration: entry.number,
  });
};

const checkEntry = (plan: MigrationPlan, entry: LedgerEntry, number: number): void => {
  // The landlord only moves forward, and only by additions: code and tenants of an older version go on working with it.
  if (plan.scope === 'landlord' && number > plan.total) return;
  const facts = { module: plan.module, migration: number };
  const { checksum } = migrationOf(plan, entry);
  if (checksum !== entry.checksum)
    throw new Defect(`${entry.entry} of ${plan.module} was changed after it ran: restore it and write a new migration`, facts);
  if (number > plan.total) throw new Defect(`the database is ahead of ${plan.module} ${plan.version}: it has ${entry.entry}`, facts);
};

const planned = async (declaration: MigratorDeclaration, scope: Scope, migration: Migration): Promise<PlannedMigration> => ({
  migration,
  entry: `${String(migration.number).padStart(4, '0')}_${migration.name}`,
  version: versionsInOrder(declaration).find((v) => v.migrations[scope] >= migration.number)?.version ?? '',
  checksum: await checksumOf(declaration.manifest.name, migration),
});
