import { schemaFingerprint } from '../../contexts/shared/adapters/schema-fingerprint.ts';
import type { Database } from '../../contexts/shared/application/database.ts';
import type { MigratorDeclaration } from '../../contexts/shared/application/migration.ts';
import type { TenantRef } from '../../contexts/shared/application/route.ts';
import type { MigratorBench } from './migrator-bench.ts';
import { makePgDatabase } from './pg-database.ts';
import type { Stand, TenantStand } from './tenant-stand.ts';

/** A module in the databases of two tenants, as its API meets it. */
export interface InstalledModule {
  readonly tenant: TenantRef;
  readonly other: TenantRef;
  /** Opened as the tenant's app role. */
  readonly database: (tenant: TenantRef) => Database;
  /** Migrates the first tenant on, as an upgrade by the job that installed it. */
  readonly upgrade: (to: string) => Promise<void>;
  /** Of the first tenant, which has let in fence 1; a slice is one migration or batch. */
  readonly migrator: MigratorBench;
  /** Of the module's schema in the first tenant's database. */
  readonly fingerprint: () => Promise<string>;
  /** Takes all rows out of tables of the module, and every kept answer, of both tenants. */
  readonly empty: (tables: readonly string[]) => Promise<void>;
}

/** The same two tenants for every test of a file, with `tables` empty for each: what makes a database anew takes its time. */
export const installedOnce = (
  stand: Pick<Stand, 'aTenant' | 'job'>,
  declaration: MigratorDeclaration,
  version: string,
  tables: readonly string[],
): (() => Promise<InstalledModule>) => {
  let installed: Promise<InstalledModule> | undefined;
  return async () => {
    installed ??= installModule(stand, declaration, version);
    await (await installed).empty(tables);
    return installed;
  };
};

export const installModule = async (
  { aTenant, job }: Pick<Stand, 'aTenant' | 'job'>,
  declaration: MigratorDeclaration,
  version: string,
): Promise<InstalledModule> => {
  const module = declaration.manifest.name;
  const installed = async (): Promise<TenantStand> => {
    const stand = await aTenant();
    await stand.letIn(module, 1);
    await stand.bench(declaration).all('migrateForTenant', { id: job, fence: 1, to: version });
    await stand.bench(declaration).slice('seed', { id: job, fence: 1, to: version });
    return stand;
  };
  const [mine, theirs] = [await installed(), await installed()];
  const databases = new Map([mine, theirs].map(({ tenant }) => [tenant.slug, makePgDatabase(tenant.app)]));
  return {
    tenant: { id: mine.tenant.slug, slug: mine.tenant.slug },
    other: { id: theirs.tenant.slug, slug: theirs.tenant.slug },
    database: ({ slug }) => {
      const database = databases.get(slug);
      if (database === undefined) throw new Error(`no tenant ${slug}`);
      return database;
    },
    upgrade: async (to) => {
      await mine.bench(declaration).all('migrateForTenant', { id: job, fence: 1, to });
    },
    migrator: mine.bench(declaration, 0),
    fingerprint: () => schemaFingerprint(mine.database, [module]),
    empty: async (tables) => {
      const truncate = `TRUNCATE ${tables.map((table) => `${module}.${table}`).join(', ')}`;
      for (const { database, tenant } of [mine, theirs]) {
        await database.query({ sql: truncate, parameters: [] });
        await makePgDatabase(tenant.app).query({ sql: 'DELETE FROM platform.idempotency', parameters: [] });
      }
    },
  };
};
