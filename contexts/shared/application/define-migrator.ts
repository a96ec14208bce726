import * as semver from 'semver';
import { type FieldError, Malformed } from '../domain/errors.ts';
import { HookName, isPostHook } from '../domain/hook-name.ts';
import type { ManifestVersion } from '../domain/manifest.ts';
import { blueprintErrors } from './blueprint-errors.ts';
import type { Migration, MigratorDeclaration, Scope } from './migration.ts';

/** What `migrator.ts` exports as `declaration`. Rejects at import what would otherwise fail in a tenant's database. */
export const defineMigrator = (declaration: MigratorDeclaration): MigratorDeclaration => {
  const fields = [
    ...migrationErrors(declaration, 'landlord'),
    ...migrationErrors(declaration, 'tenant'),
    ...contractOrderErrors(declaration),
    ...seedErrors(declaration),
    ...hookErrors(declaration),
    ...announcementErrors(declaration),
    ...blueprintErrors(declaration),
  ];
  if (fields.length === 0) return declaration;
  throw new Malformed(
    `the migrator of ${declaration.manifest.name} is broken: ${fields.map((f) => `${f.field}: ${f.message}`).join('; ')}`,
    fields,
  );
};

/** The versions of a manifest, oldest first, whatever order they stand in. */
export const versionsInOrder = ({ manifest }: MigratorDeclaration): readonly ManifestVersion[] =>
  manifest.versions.toSorted((a, b) => semver.compare(a.version, b.version));

const migrationErrors = (declaration: MigratorDeclaration, scope: Scope): readonly FieldError[] => {
  const migrations = declaration[scope];
  return [...migrations.flatMap((migration, index) => oneMigrationErrors(migration, index, scope)), ...rangeErrors(declaration, scope)];
};

const oneMigrationErrors = (migration: Migration, index: number, scope: Scope): readonly FieldError[] => {
  const field = `${scope}[${index}]`;
  const found: FieldError[] = [];
  if (migration.number !== index + 1)
    found.push({
      field: `${field}.number`,
      message: `is ${migration.number}; migrations are numbered 1, 2, 3 … in order, so this is ${index + 1}`,
    });
  if (!/^[a-z][a-z0-9_]{0,49}$/.test(migration.name))
    found.push({ field: `${field}.name`, message: `'${migration.name}' is not 1 to 50 of a-z, 0-9 and _` });
  for (const [rule, reason] of Object.entries(migration.accepts ?? {}))
    if (reason.trim().length < 10) found.push({ field: `${field}.accepts.${rule}`, message: 'say in a few words why it is right here' });
  if (scope === 'landlord' && migration.kind === 'contract')
    found.push({
      field: `${field}.kind`,
      message: 'landlord migrations are additive: a contract migration would break tenants on older versions',
    });
  return found;
};

const rangeErrors = (declaration: MigratorDeclaration, scope: Scope): readonly FieldError[] => {
  const written = declaration[scope].length;
  const versions = versionsInOrder(declaration);
  const found: FieldError[] = [];
  versions.forEach(({ version, migrations }, index) => {
    const field = `manifest.versions(${version}).migrations.${scope}`;
    if (migrations[scope] > written) found.push({ field, message: `is ${migrations[scope]}, but only ${written} are written` });
    if (migrations[scope] < (versions[index - 1]?.migrations[scope] ?? 0))
      found.push({ field, message: 'is lower than that of the version before' });
  });
  const claimed = versions.at(-1)?.migrations[scope] ?? 0;
  if (written > claimed) found.push({ field: `${scope}[${claimed}]`, message: `migration ${claimed + 1} belongs to no version` });
  return found;
};

/** Contract migrations run after everything else of their version, so they stand last in it. */
const contractOrderErrors = (declaration: MigratorDeclaration): readonly FieldError[] => {
  let from = 0;
  return versionsInOrder(declaration).flatMap(({ version, migrations }) => {
    const own = declaration.tenant.slice(from, migrations.tenant);
    from = migrations.tenant;
    const first = own.findIndex((m) => m.kind === 'contract');
    const late = first < 0 ? undefined : own.slice(first).find((m) => m.kind !== 'contract');
    return late === undefined
      ? []
      : [
          {
            field: `tenant[${late.number - 1}].kind`,
            message: `migration ${late.number} stands after a contract migration of version ${version}`,
          },
        ];
  });
};

const seedErrors = ({ manifest, seed }: MigratorDeclaration): readonly FieldError[] => {
  const announced = manifest.versions.some((v) => v.seeds);
  if (announced && seed === undefined) return [{ field: 'seed', message: 'the manifest announces a seed and the migrator has none' }];
  return !announced && seed !== undefined ? [{ field: 'seed', message: 'no version of the manifest announces it (seeds: true)' }] : [];
};

const hookErrors = ({ manifest, hooks = {} }: MigratorDeclaration): readonly FieldError[] => {
  const announced = new Set(manifest.versions.flatMap((v) => v.hooks));
  return HookName.options.flatMap((name) => {
    const hook = hooks[name];
    const field = `hooks.${name}`;
    if (announced.has(name) && hook === undefined) return [{ field, message: 'the manifest announces it and the migrator has none' }];
    if (!announced.has(name) && hook !== undefined) return [{ field, message: 'no version of the manifest announces it' }];
    if ((hook?.timeoutSeconds ?? 30) > 60)
      return [{ field: `${field}.timeoutSeconds`, message: 'is above 60: the function has 90 s in all' }];
    return [];
  });
};

const announcementErrors = ({ announces = [], hooks = {} }: MigratorDeclaration): readonly FieldError[] => {
  const names = announces.map(({ name }) => name);
  const silent = announces.length > 0 && !HookName.options.some((hook) => isPostHook(hook) && hooks[hook] !== undefined);
  return [
    ...(silent ? [{ field: 'announces', message: 'only a post hook can tell of them, and there is none' }] : []),
    ...names.flatMap((name, index) => {
      const field = `announces[${index}].name`;
      if (names.indexOf(name) < index) return [{ field, message: `${name} stands twice` }];
      if (/^([A-Z][a-z0-9]*){2,}$/.test(name) && name.length <= 64) return [];
      return [{ field, message: `'${name}' is not two words or more like CalendarOpened, 64 letters at most` }];
    }),
  ];
};
