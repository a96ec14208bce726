import type { IdempotencyStore } from '../../shared/application/idempotency.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import type { Manifest } from '../../shared/domain/manifest.ts';
import { type CatalogModule, type ModuleVersion, registerVersions } from '../domain/module-version.ts';
import { contentHash } from './content-hash.ts';
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

export interface RegisterModule {
  readonly manifest: Manifest;
  /** The alias of the module's migrator; only a deploy knows it. */
  readonly migratorArn?: string;
  readonly actor: string;
}

/**
 * Registers a manifest's versions as drafts. The deploy brings the migrator's alias; without one (a document sent over HTTP) the
 * module must have been deployed, and only what the deploy registered is accepted. Registering the same content again changes nothing.
 */
export const makeRegisterModule =
  (ports: CatalogPorts) =>
  (command: RegisterModule): Promise<CatalogEntry & { readonly changed: boolean }> =>
    whileContended(() => register(ports, command));

const register = async ({ catalog, clock }: CatalogPorts, { manifest, actor, ...deployed }: RegisterModule) => {
  const before = await catalog.read(manifest.name);
  const migratorArn = deployed.migratorArn ?? before?.module.migratorArn;
  if (migratorArn === undefined) throw new Refused(notDeployed(manifest.name));
  const at = clock.now();
  const fresh = registerVersions(manifest, before?.versions ?? [], contentHash, at);
  if ('reason' in fresh) throw new Refused(fresh);
  const { name, title, description, subscriptionRequired, serves } = manifest;
  const described = { name, title, description, subscriptionRequired, serves, migratorArn };
  const other = Object.entries(described).filter(([field, value]) => before?.module[field as keyof CatalogModule] !== value);
  if (before && other.length === 0 && fresh.length === 0) return { ...before, changed: false };
  if (deployed.migratorArn === undefined && fresh.length > 0) throw new Refused(notDeployed(name, fresh[0]?.version));
  if (deployed.migratorArn === undefined)
    throw new Refused(
      otherContent(
        name,
        other.map(([field]) => field),
      ),
    );
  const module = { landlordMigration: 0, ...before?.module, ...described, sequence: (before?.module.sequence ?? 0) + 1 };
  const facts = { versions: fresh.map(({ version }) => version) };
  const event = { name: 'ModuleRegistered', module: name, actor, at: at.toISOString(), facts };
  await catalog.save({ ...(before ? { before: before.module } : {}), module, versions: fresh, others: before?.versions ?? [], event });
  return { module, versions: [...(before?.versions ?? []), ...fresh], changed: true };
};

const notDeployed = (module: string, version?: string): Refusal => ({
  kind: 'unprocessable',
  reason: 'migrator-not-deployed',
  message: `${module}${version ? ` ${version}` : ''} is not deployed; add its folder under contexts/ and deploy, which registers it`,
  facts: { module, ...(version ? { version } : {}) },
});

const otherContent = (module: string, fields: readonly string[]): Refusal => ({
  kind: 'conflict',
  reason: 'other-content',
  message: `${module} is deployed with another ${fields.join(', ')}; change its manifest and deploy, which registers it`,
  facts: { module, fields },
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
