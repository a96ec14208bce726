import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import { type CatalogModule, deprecate, type ModuleVersion, newestPublishedOf, publish, withdraw } from '../domain/module-version.ts';
import { type CatalogEntry, makeReadModule } from './catalog.ts';
import type { Catalog, MigrationLint } from './ports.ts';
import { lintRefusal, missingDependency } from './publish-checks.ts';

export interface VersionLifePorts {
  readonly catalog: Catalog;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
}

/** Which version is to go on in its life, and who says so. */
export interface VersionCommand {
  readonly module: string;
  readonly version: string;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

export interface PublishPorts extends VersionLifePorts {
  readonly migrators: MigrationLint;
}

/**
 * Draft → published, once nothing is wrong with what leads to it: the deployed migrator's lint, and whether the catalog has what the
 * version needs. Publishing what is published answers the same and changes nothing.
 */
export const makePublishModule =
  (ports: PublishPorts) =>
  (command: VersionCommand): Promise<ModuleVersion> =>
    changeVersion(ports, command, {
      name: 'ModulePublished',
      decide: publish,
      check: async ({ module }, version) => (await missingDependency(ports, version)) ?? lintRefusal(ports, module, version),
    });

/** Published → deprecated, with the instant from which on it is not installed anew. Whoever has the version keeps it. */
export const makeDeprecateModule =
  (ports: VersionLifePorts) =>
  ({ sunsetAt, ...command }: VersionCommand & { readonly sunsetAt: Date }): Promise<ModuleVersion> =>
    changeVersion(ports, command, {
      name: 'ModuleDeprecated',
      decide: (version, at) => deprecate(version, { sunsetAt, at }),
      facts: { sunsetAt: sunsetAt.toISOString() },
    });

/** Published or deprecated → withdrawn, at once and for ever. Whoever has the version keeps it. */
export const makeWithdrawModule =
  (ports: VersionLifePorts) =>
  (command: VersionCommand): Promise<ModuleVersion> =>
    changeVersion(ports, command, { name: 'ModuleWithdrawn', decide: withdraw });

/** A decision about one version, and the event that tells of it. */
interface Change {
  readonly name: string;
  readonly decide: (version: ModuleVersion, at: Date) => ModuleVersion | undefined | Refusal;
  /** What has to be asked elsewhere before the decision is stored. */
  readonly check?: (entry: CatalogEntry, after: ModuleVersion) => Promise<Refusal | undefined>;
  readonly facts?: Readonly<Record<string, unknown>>;
}

const changeVersion = (ports: VersionLifePorts, command: VersionCommand, change: Change): Promise<ModuleVersion> =>
  whileContended(async () => {
    const { catalog, idempotency, clock } = ports;
    const at = clock.now();
    const kept = await keptAnswer(idempotency, command.idempotency, at);
    const entry = await makeReadModule(catalog)(command.module);
    const version = entry.versions.find((candidate) => candidate.version === command.version);
    if (!version) throw new Refused(unknownVersion(command, entry));
    if (kept) return version;
    const record = command.idempotency && { ...command.idempotency, answer: { version: version.version } };
    const after = change.decide(version, at);
    if (after === undefined && record) await idempotency.keep(record, at);
    if (after === undefined) return version;
    if ('reason' in after) throw new Refused(after);
    const refusal = await change.check?.(entry, after);
    if (refusal) throw new Refused(refusal);
    const { name, facts = {} } = change;
    const { module, actor } = command;
    const told = { at: at.toISOString(), from: version.status, to: after.status, facts: { version: version.version, ...facts } };
    await catalog.save({
      before: entry.module,
      module: moduleWith(entry, after),
      versions: [after],
      others: entry.versions.filter((known) => known.version !== after.version),
      event: { name, module, actor, ...told },
      ...(record ? { idempotency: record } : {}),
    });
    return after;
  });

/** The module once `after` stands among its versions: what an install without a version takes may be another, or nothing. */
const moduleWith = ({ module, versions }: CatalogEntry, after: ModuleVersion): CatalogModule => {
  const { newestPublished: _before, ...rest } = module;
  const newestPublished = newestPublishedOf(versions.map((known) => (known.version === after.version ? after : known)));
  return { ...rest, ...(newestPublished === undefined ? {} : { newestPublished }), sequence: module.sequence + 1 };
};

const unknownVersion = ({ module, version }: VersionCommand, { versions }: CatalogEntry): Refusal => ({
  kind: 'not-found',
  reason: 'unknown-version',
  message: `${module} has no version ${version}; it has ${versions.map((known) => known.version).join(', ')}`,
  facts: { module, version },
});
