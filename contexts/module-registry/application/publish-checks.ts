import * as semver from 'semver';
import type { Refusal } from '../../shared/domain/errors.ts';
import { moduleFolder } from '../../shared/domain/names.ts';
import type { CatalogModule, ModuleVersion } from '../domain/module-version.ts';
import type { Catalog, MigrationLint } from './ports.ts';

/** Why a version must not be published, by what the catalog and its deployed migrator say; `undefined` where it may. */

/** A version that nobody could ever install: no version of a module that it needs is registered in the range that it names. */
export const missingDependency = async (
  { catalog }: { readonly catalog: Pick<Catalog, 'read'> },
  { module, version, dependencies }: ModuleVersion,
): Promise<Refusal | undefined> => {
  for (const { module: needed, range } of dependencies.filter(({ optional }) => !optional)) {
    const known = ((await catalog.read(needed))?.versions ?? []).filter(({ status }) => status !== 'withdrawn');
    if (known.some((candidate) => semver.satisfies(candidate.version, range))) continue;
    const there = known.length === 0 ? 'the catalog has no such module' : `there is only ${known.map((found) => found.version).join(', ')}`;
    return {
      kind: 'unprocessable',
      reason: 'missing-dependency',
      message: `${module} ${version} needs ${needed} ${range}, but ${there}; deploy a version of ${needed} that fits first`,
      facts: { module, version, dependency: needed, range },
    };
  }
  return undefined;
};

/** What the lint finds in the migrations that lead to the version, as they are deployed. */
export const lintRefusal = async (
  { migrators }: { readonly migrators: MigrationLint },
  { migratorArn }: CatalogModule,
  { module, version }: ModuleVersion,
): Promise<Refusal | undefined> => {
  const findings = await migrators.lint(migratorArn, { module, version });
  const [first, ...others] = findings;
  if (first === undefined) return undefined;
  const file = `${moduleFolder(module)}/migrator.ts`;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return {
    kind: 'unprocessable',
    reason: 'unsafe-migrations',
    message: `${module} ${version} must not be published: ${file}: ${first.field}: ${first.message}; ${first.remedy}${more}`,
    facts: { module, version, findings: findings.map((finding) => ({ file, ...finding })) },
  };
};
