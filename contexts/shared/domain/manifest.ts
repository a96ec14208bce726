import * as semver from 'semver';
import * as z from 'zod';
import { HookName } from './hook-name.ts';
import { ModuleName } from './names.ts';
import { hasHiddenSecrets } from './write-only.ts';

/**
 * The manifest, `module.ts`, is all that makes a folder installable: every version the deployed code supports, each with
 * the last migration per scope that belongs to it. It is plain data plus zod schemas; it opens nothing and imports no SDK.
 */

const Version = z.string().refine((v) => semver.valid(v) === v, 'a version is semantic, like 1.2.0, without a leading v');
const Range = z.string().refine((r) => semver.validRange(r) !== null, 'a range is semantic, like ^1.0, ~1.2 or >=1 <3');
const TableName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a table name is up to 63 of a-z, 0-9 and _');
const MigrationNumber = z.int().min(0).max(9999);

const Dependency = z.strictObject({ module: ModuleName, range: Range, optional: z.boolean().default(false) });

/** Told to the author as a wrong field, whatever it is that makes it none. */
const isObjectSchema = (schema: Readonly<Record<string, unknown>>): boolean => {
  try {
    z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    return schema['type'] === 'object';
  } catch {
    return false;
  }
};

const ManifestVersion = z.strictObject({
  version: Version,
  /** The number of the last migration of each scope that belongs to this version; 0 for none. */
  migrations: z.strictObject({ landlord: MigrationNumber, tenant: MigrationNumber }),
  /** Tables the version owns, per scope, without their schema. */
  tables: z.strictObject({ landlord: z.array(TableName), tenant: z.array(TableName) }),
  dependencies: z.array(Dependency).default([]),
  /** A JSON Schema object, usually `z.toJSONSchema(…)`; the empty object schema when there is nothing to configure. */
  configuration: z
    .record(z.string(), z.unknown())
    .refine(isObjectSchema, 'a configuration is a JSON Schema of type object, as z.toJSONSchema writes one')
    .refine((schema) => !hasHiddenSecrets(schema), 'a writeOnly field stands at the top level of a configuration: move it there')
    .default({ type: 'object', properties: {}, additionalProperties: false }),
  seeds: z.boolean().default(false),
  hooks: z.array(HookName).default([]),
});

/** False where either is nonsense: that is a fault of its own. */
const isOutside = (version: string, serves: string): boolean =>
  semver.valid(version) !== null && semver.validRange(serves) !== null && !semver.satisfies(version, serves);

export const Manifest = z
  .strictObject({
    name: ModuleName,
    title: z.string().min(1).max(80),
    description: z.string().min(1).max(500),
    subscriptionRequired: z.boolean(),
    /** The tenant schemas this deployed code works with, e.g. `>=1.0 <3`. */
    serves: Range,
    versions: z.array(ManifestVersion).min(1),
  })
  .superRefine((manifest, context) => {
    const seen = new Set<string>();
    manifest.versions.forEach(({ version, dependencies }, index) => {
      const path = ['versions', index, 'version'];
      if (seen.has(version))
        context.addIssue({ code: 'custom', path, message: `version ${version} stands twice: give the second a number of its own` });
      if (isOutside(version, manifest.serves))
        context.addIssue({
          code: 'custom',
          path,
          message: `version ${version} is outside serves ${manifest.serves}: widen serves, or leave the version out`,
        });
      seen.add(version);
      dependencies.forEach(({ module }, place) => {
        const first = dependencies.findIndex((other) => other.module === module);
        const field = ['versions', index, 'dependencies', place, 'module'];
        if (module === manifest.name)
          context.addIssue({ code: 'custom', path: field, message: 'a module cannot need itself: leave this dependency out' });
        if (first < place)
          context.addIssue({ code: 'custom', path: field, message: `${module} stands twice: write one range for it, like >=1.0 <3` });
      });
    });
  });
export type Manifest = z.infer<typeof Manifest>;
export type ManifestVersion = Manifest['versions'][number];

/** What an author writes: defaults may be left out. */
export type ManifestInput = z.input<typeof Manifest>;
