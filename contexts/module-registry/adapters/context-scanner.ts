import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MigratorDeclaration } from '../../shared/application/migration.ts';
import { type Finding, lintMigrator } from '../../shared/application/migration-lint.ts';
import type { ModuleApi } from '../../shared/application/route.ts';
import { Malformed } from '../../shared/domain/errors.ts';
import { Manifest } from '../../shared/domain/manifest.ts';
import { moduleFolder } from '../../shared/domain/names.ts';

/** An installable folder, as found. */
export interface DiscoveredContext {
  /** Absolute. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** The declaration of its API, when it has an `api.ts`. */
  readonly api?: ModuleApi;
}

/**
 * Finds every installable context below `roots`: a folder is one exactly when it has a `module.ts`. Rejects with `Malformed`, naming
 * the file, the field and what to do, at the first whose manifest or migrations are broken; and when two folders claim one name.
 */
export const scanContexts = async (roots: readonly string[]): Promise<readonly DiscoveredContext[]> => {
  const folders = roots.flatMap(foldersOf).filter((folder) => existsSync(join(folder, 'module.ts')));
  const found: DiscoveredContext[] = [];
  for (const folder of folders) found.push(await discover(folder));
  const byName = Map.groupBy(found, ({ manifest }) => manifest.name);
  for (const [name, claims] of byName) {
    if (claims.length > 1)
      throw new Malformed(`the module ${name} is claimed by ${claims.map(({ folder }) => folder).join(' and ')}; rename one`);
  }
  return found.sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
};

const foldersOf = (root: string): readonly string[] => {
  if (!existsSync(root)) throw new Malformed(`there is no folder ${root} to look for contexts in`);
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => resolve(root, name));
};

const discover = async (folder: string): Promise<DiscoveredContext> => {
  const file = join(folder, 'module.ts');
  const parsed = Manifest.safeParse(await exported(file, 'manifest'));
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'manifest', message }));
    throw new Malformed(`${file}: ${fields.map(({ field, message }) => `${field}: ${message}`).join('; ')}`, fields);
  }
  const manifest = parsed.data;
  if (basename(folder) !== moduleFolder(manifest.name)) {
    throw new Malformed(`${file}: name: the module ${manifest.name} must live in a folder named ${moduleFolder(manifest.name)}`);
  }
  if (!existsSync(join(folder, 'migrator.ts'))) throw new Malformed(`${folder}: migrator.ts is missing; every module has a migrator`);
  await checkMigrations(folder, manifest);
  const apiFile = join(folder, 'api.ts');
  return { folder, manifest, ...(existsSync(apiFile) ? { api: (await exported(apiFile, 'declaration')) as ModuleApi } : {}) };
};

const checkMigrations = async (folder: string, manifest: Manifest): Promise<void> => {
  const file = join(folder, 'migrator.ts');
  const declaration = await exported(file, 'declaration');
  if (!isMigrator(declaration)) throw new Malformed(`${file}: declaration: make it with defineMigrator`);
  if (declaration.manifest.name !== manifest.name)
    throw new Malformed(`${file}: manifest: is that of ${declaration.manifest.name}; give the migrator the manifest of its own module.ts`);
  const findings = await lintMigrator(declaration);
  if (findings.length === 0) return;
  throw new Malformed(
    findings.map((finding) => `${fileOf(folder, finding)}: ${finding.field}: ${finding.message}; ${finding.remedy}`).join('\n'),
    findings.map(({ field, message, remedy }) => ({ field, message: `${message}; ${remedy}` })),
  );
};

const isMigrator = (value: unknown): value is MigratorDeclaration =>
  typeof value === 'object' && value !== null && ['manifest', 'landlord', 'tenant'].every((name) => name in value);

/** Where the author would look: the migration's own file, if it is named as most are. */
const fileOf = (folder: string, { scope, migration, field }: Finding): string => {
  if (migration === undefined) return join(folder, field.startsWith('manifest.') ? 'module.ts' : 'migrator.ts');
  const migrations = join(folder, 'migrations');
  const prefix = `${scope}-${String(migration).padStart(4, '0')}-`;
  const own = existsSync(migrations) ? readdirSync(migrations).find((name) => name.startsWith(prefix)) : undefined;
  return own === undefined ? join(folder, 'migrator.ts') : join(migrations, own);
};

const exported = async (file: string, name: string): Promise<unknown> => {
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const fields = error instanceof Malformed ? error.fields : [];
    throw new Malformed(`${file}: ${error instanceof Error ? error.message : String(error)}`, fields, { cause: error });
  }
  if (loaded[name] === undefined) throw new Malformed(`${file}: export const ${name} is missing`);
  return loaded[name];
};
