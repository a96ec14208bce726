import { createHash } from 'node:crypto';
import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Refused } from '../../shared/domain/errors.ts';
import type { Manifest, ManifestVersion } from '../../shared/domain/manifest.ts';
import { type CatalogModule, type ModuleVersion, newestPublishedOf, publish, registerVersions } from '../domain/module-version.ts';
import type { Catalog } from './ports.ts';

export interface CatalogPorts {
  readonly catalog: Catalog;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
}

/** A module with its versions, as the catalog has them. */
export interface CatalogEntry {
  readonly module: CatalogModule;
  readonly versions: readonly ModuleVersion[];
}

/**
 * Registers a manifest's versions as drafts. The deploy brings the migrator's alias; without one (a document sent over HTTP) the
 * module must have been deployed, and only what the deploy registered is accepted. Registering the same content again changes nothing.
 */
export const makeRegisterModule =
  ({ catalog, clock }: CatalogPorts) =>
  async (command: {
    readonly manifest: Manifest;
    readonly migratorArn?: string;
    readonly actor: string;
  }): Promise<CatalogEntry & { readonly changed: boolean }> => {
    const { manifest, actor } = command;
    const before = await catalog.read(manifest.name);
    const migratorArn = command.migratorArn ?? before?.module.migratorArn;
    if (migratorArn === undefined) throw new Refused(notDeployed(manifest.name));
    const at = clock.now();
    const fresh = registerVersions(manifest, before?.versions ?? [], contentHash, at);
    if ('reason' in fresh) throw new Refused(fresh);
    const { name, title, description, subscriptionRequired, serves } = manifest;
    const described = { name, title, description, subscriptionRequired, serves, migratorArn };
    const same = before && Object.entries(described).every(([field, value]) => before.module[field as keyof CatalogModule] === value);
    if (before && same && fresh.length === 0) return { ...before, changed: false };
    if (command.migratorArn === undefined && fresh.length > 0) throw new Refused(notDeployed(name, fresh[0]?.version));
    const module = { landlordMigration: 0, ...before?.module, ...described, sequence: (before?.module.sequence ?? 0) + 1 };
    const event = {
      name: 'ModuleRegistered',
      module: name,
      actor,
      at: at.toISOString(),
      facts: { versions: fresh.map(({ version }) => version) },
    };
    await catalog.save({ ...(before ? { before: before.module } : {}), module, versions: fresh, event });
    return { module, versions: [...(before?.versions ?? []), ...fresh], changed: true };
  };

const notDeployed = (module: string, version?: string): ConstructorParameters<typeof Refused>[0] => ({
  kind: 'unprocessable',
  reason: 'migrator-not-deployed',
  message: `${module}${version ? ` ${version}` : ''} is not deployed; add its folder under contexts/ and deploy, which registers it`,
  facts: { module, ...(version ? { version } : {}) },
});

/** Draft → published. Publishing what is published answers the same and changes nothing. */
export const makePublishModule =
  ({ catalog, idempotency, clock }: CatalogPorts) =>
  async (command: {
    readonly module: string;
    readonly version: string;
    readonly actor: string;
    readonly idempotency?: IdempotencyKey;
  }): Promise<ModuleVersion> => {
    const at = clock.now();
    await keptAnswer(idempotency, command.idempotency, at);
    const entry = await makeReadModule(catalog)(command.module);
    const version = entry.versions.find((candidate) => candidate.version === command.version);
    if (!version) throw new Refused(unknownVersion(command.module, command.version, entry));
    const published = publish(version, at);
    if (published === undefined) return version;
    if ('reason' in published) throw new Refused(published);
    const event = {
      name: 'ModulePublished',
      module: command.module,
      actor: command.actor,
      at: at.toISOString(),
      from: version.status,
      to: published.status,
      facts: { version: version.version },
    };
    const newestPublished = newestPublishedOf(entry.versions.map((known) => (known === version ? published : known)));
    await catalog.save({
      before: entry.module,
      module: { ...entry.module, ...(newestPublished ? { newestPublished } : {}), sequence: entry.module.sequence + 1 },
      versions: [published],
      event,
      ...(command.idempotency ? { idempotency: { ...command.idempotency, answer: { version: version.version } } } : {}),
    });
    return published;
  };

const unknownVersion = (module: string, version: string, { versions }: CatalogEntry): ConstructorParameters<typeof Refused>[0] => ({
  kind: 'not-found',
  reason: 'unknown-version',
  message: `${module} has no version ${version}; it has ${versions.map((known) => known.version).join(', ')}`,
  facts: { module, version },
});

/** Rejects with `Refused` (404) when there is no such module. */
export const makeReadModule =
  (catalog: Pick<Catalog, 'read'>) =>
  async (module: string): Promise<CatalogEntry> => {
    const entry = await catalog.read(module);
    if (entry) return entry;
    throw new Refused({
      kind: 'not-found',
      reason: 'unknown-module',
      message: `there is no module ${module} in the catalog`,
      facts: { module },
    });
  };

/** SHA-256 over a version's content with its keys in order, hex. */
export const contentHash = (version: ManifestVersion): string => createHash('sha256').update(canonical(version)).digest('hex');

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(',')}}`;
};
