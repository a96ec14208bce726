import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
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
 * the file and the field, at the first that is broken; and when two folders claim one name.
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
  const apiFile = join(folder, 'api.ts');
  return { folder, manifest, ...(existsSync(apiFile) ? { api: (await exported(apiFile, 'declaration')) as ModuleApi } : {}) };
};

const exported = async (file: string, name: string): Promise<unknown> => {
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new Malformed(`${file}: ${error instanceof Error ? error.message : String(error)}`, [], { cause: error });
  }
  if (loaded[name] === undefined) throw new Malformed(`${file}: export const ${name} is missing`);
  return loaded[name];
};
