import * as semver from 'semver';
import type { Refusal } from '../../shared/domain/errors.ts';
import type { Manifest, ManifestVersion } from '../../shared/domain/manifest.ts';

/** draft → published → deprecated (with a sunset) → withdrawn. Only published versions, and deprecated ones before sunset, are installed anew. */
export type VersionStatus = 'draft' | 'published' | 'deprecated' | 'withdrawn';

/** A registered version. Its content never changes; its status does. */
export interface ModuleVersion extends ManifestVersion {
  readonly module: string;
  readonly status: VersionStatus;
  /** SHA-256 of the version's canonical content, hex. */
  readonly contentHash: string;
  readonly registeredAt: Date;
  readonly publishedAt?: Date;
  /** Deprecated: the instant from which on it is not installed anew. */
  readonly sunsetAt?: Date;
}

/** What of a version decides whether a plan may choose it. */
export type OfferedVersion = Pick<ModuleVersion, 'module' | 'version' | 'status' | 'sunsetAt' | 'dependencies'>;

/** A module in the catalog: what its versions have in common, and what stands in the landlord database. */
export interface CatalogModule {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly subscriptionRequired: boolean;
  readonly serves: string;
  /** The alias of the module's own migrator function. */
  readonly migratorArn: string;
  /** The number of the last landlord migration known to stand. */
  readonly landlordMigration: number;
  /** What an install without a version takes; absent while nothing is published. */
  readonly newestPublished?: string;
  /** The number of the module's last catalog event. */
  readonly sequence: number;
}

/** `versions` newest first. */
export const newestFirst = <V extends { readonly version: string }>(versions: readonly V[]): readonly V[] =>
  [...versions].sort((a, b) => semver.rcompare(a.version, b.version));

/** The newest of the published versions. */
export const newestPublishedOf = (versions: readonly ModuleVersion[]): string | undefined =>
  newestFirst(versions).find(({ status }) => status === 'published')?.version;

/** Draft → published. Publishing what is published says nothing new (`undefined`). */
export const publish = (version: ModuleVersion, at: Date): ModuleVersion | undefined | Refusal => {
  if (version.status === 'published') return undefined;
  if (version.status === 'draft') return { ...version, status: 'published', publishedAt: at };
  return retired(version, 'published again; register a new version');
};

/** Published → deprecated; for what is deprecated, another sunset. The same again says nothing new (`undefined`). */
export const deprecate = (
  version: ModuleVersion,
  { sunsetAt, at }: { readonly sunsetAt: Date; readonly at: Date },
): ModuleVersion | undefined | Refusal => {
  if (version.status === 'draft') return notPublishedYet(version, 'deprecate');
  if (version.status === 'withdrawn') return retired(version, 'deprecated; it is not installed anew as it is');
  if (version.sunsetAt?.getTime() === sunsetAt.getTime()) return undefined;
  if (sunsetAt <= at)
    return {
      kind: 'unprocessable',
      reason: 'sunset-in-the-past',
      message: `a sunset of ${sunsetAt.toISOString()} is over already; name a later instant, or withdraw ${nameOf(version)}`,
      facts: { ...factsOf(version), sunsetAt: sunsetAt.toISOString() },
    };
  return { ...version, status: 'deprecated', sunsetAt };
};

/** Published or deprecated → withdrawn, for ever. Withdrawing what is withdrawn says nothing new (`undefined`). */
export const withdraw = (version: ModuleVersion): ModuleVersion | undefined | Refusal => {
  if (version.status === 'withdrawn') return undefined;
  if (version.status === 'draft') return notPublishedYet(version, 'withdraw');
  return { ...version, status: 'withdrawn' };
};

const nameOf = ({ module, version }: OfferedVersion): string => `${module} ${version}`;
const factsOf = ({ module, version, status }: OfferedVersion) => ({ module, version, status });

const notPublishedYet = (version: ModuleVersion, change: string): Refusal => ({
  kind: 'unprocessable',
  reason: 'not-published',
  message: `${nameOf(version)} is a draft that nobody can install; there is nothing to ${change}`,
  facts: factsOf(version),
});

const retired = (version: ModuleVersion, cannot: string): Refusal => ({
  kind: 'conflict',
  reason: 'version-retired',
  message: `${nameOf(version)} is ${version.status} and cannot be ${cannot}`,
  facts: factsOf(version),
});

/** What whoever has a version, or thinks of installing it, should know at `at`; `undefined` for one that is simply published. */
export const warningOf = (version: OfferedVersion, at: Date): string | undefined => {
  const refusal = refusalToInstall(version, at);
  if (refusal) return refusal.message;
  if (version.status !== 'deprecated') return undefined;
  const until = version.sunsetAt === undefined ? '' : ` from ${version.sunsetAt.toISOString()} on`;
  return `${nameOf(version)} is deprecated and will not be installed anew${until}; plan to upgrade`;
};

/** Why a version may not be installed anew at `at`, or `undefined` where it may. */
export const refusalToInstall = (version: OfferedVersion, at: Date): Refusal | undefined => {
  const facts = factsOf(version);
  const name = nameOf(version);
  if (version.status === 'draft')
    return { kind: 'unprocessable', reason: 'not-published', message: `${name} is a draft; a platform admin must publish it first`, facts };
  if (version.status === 'withdrawn')
    return { kind: 'unprocessable', reason: 'withdrawn', message: `${name} was withdrawn; choose another version`, facts };
  if (version.sunsetAt && version.sunsetAt <= at)
    return {
      kind: 'unprocessable',
      reason: 'past-sunset',
      message: `${name} is past its sunset of ${version.sunsetAt.toISOString()}; choose a newer version`,
      facts: { ...facts, sunsetAt: version.sunsetAt.toISOString() },
    };
  return undefined;
};

/** What registering a manifest means for the versions that are there: those that are new, or the refusal of one that changed. */
export const registerVersions = (
  manifest: Manifest,
  registered: readonly ModuleVersion[],
  hashOf: (version: ManifestVersion) => string,
  at: Date,
): readonly ModuleVersion[] | Refusal => {
  const known = new Map(registered.map((version) => [version.version, version]));
  const fresh: ModuleVersion[] = [];
  for (const version of manifest.versions) {
    const contentHash = hashOf(version);
    const before = known.get(version.version);
    if (before === undefined) fresh.push({ ...version, module: manifest.name, status: 'draft', contentHash, registeredAt: at });
    else if (before.contentHash !== contentHash)
      return {
        kind: 'conflict',
        reason: 'version-immutable',
        message: `${manifest.name} ${version.version} is registered with other content; a registered version never changes: give the change a new version`,
        facts: { module: manifest.name, version: version.version, registered: before.contentHash, offered: contentHash },
      };
  }
  return fresh;
};
