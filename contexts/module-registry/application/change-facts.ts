import { Refused } from '../../shared/domain/errors.ts';
import type { Job } from '../domain/job.ts';
import type { ModuleVersion } from '../domain/module-version.ts';
import { type PlanFacts, standingOf, type WantedChange } from '../domain/plan.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import type { Catalog, Configuration, JobStore, TenantFacts, TenantModules, VersionName } from './ports.ts';

/** A change of a tenant's modules, as it is asked for. */
export interface Change extends WantedChange {
  readonly tenantId: string;
  /** What the request gives, by module. */
  readonly configurations: Readonly<Record<string, Configuration>>;
  /** A downgrade may take data away. */
  readonly acceptDataLoss?: boolean;
  /** For what cannot be undone: the module's name again. */
  readonly confirm?: string;
  /** A purge need not wait; for those who run the platform. */
  readonly waiveGracePeriod?: boolean;
}

export interface ChangeFacts extends PlanFacts {
  readonly versions: ReadonlyMap<string, readonly ModuleVersion[]>;
  readonly tenant: TenantFacts;
}

export interface ChangeFactsPorts {
  readonly jobs: Pick<JobStore, 'get'>;
  readonly catalog: Pick<Catalog, 'read' | 'versions'>;
  readonly tenantModules: Pick<TenantModules, 'read'>;
}

/** A module and what it needs, and what that needs: nobody's chain is longer. */
const depthMax = 30;

/**
 * The tenant, what it has, and of the catalog the modules that the change names with all that they may need, and those that
 * need them; of the tenant's other modules only the version that stands, and the one that a job may bring.
 */
export const readChangeFacts = async (ports: ChangeFactsPorts, { tenantId, kind, modules }: Change, at: Date): Promise<ChangeFacts> => {
  const [read, catalog] = await Promise.all([
    ports.tenantModules.read(tenantId),
    readClosure(
      ports.catalog,
      modules.map(({ module }) => module),
    ),
  ]);
  if (!read)
    throw new Refused({
      kind: 'not-found',
      reason: 'unknown-tenant',
      message: `there is no tenant ${tenantId}`,
      facts: { tenant: tenantId },
    });
  const { tenant, modules: tenantModules } = read;
  const holders = await readHolders(ports.jobs, tenantModules);
  const standing = [...standingOf({ tenantModules, holders }), ...heldOf(tenantModules)].filter(({ module }) => !catalog.has(module));
  const others = await ports.catalog.versions(unique(standing));
  const dependents = kind === 'upgrade' || kind === 'downgrade' ? dependentsOn(modules, others) : [];
  const known = new Map([...catalog, ...(await readClosure(ports.catalog, dependents))]);
  return {
    tenant,
    tenantModules,
    holders,
    modules: new Map([...known].map(([name, { module }]) => [name, module])),
    versions: new Map([
      ...Map.groupBy(others, ({ module }) => module),
      ...[...known].map(([name, { versions }]) => [name, versions] as const),
    ]),
    at,
  };
};

/** The versions that are back if the jobs fail that are changing them. */
const heldOf = (tenantModules: readonly TenantModule[]): readonly VersionName[] =>
  tenantModules.flatMap(({ module, version, jobId }) => (jobId === undefined || version === undefined ? [] : [{ module, version }]));

const unique = (names: readonly VersionName[]): readonly VersionName[] => [
  ...new Map(names.map(({ module, version }) => [`${module} ${version}`, { module, version }])).values(),
];

/** What leans on the modules, and what leans on that: who refuses a version can be told in which version it would not. */
const dependentsOn = (modules: Change['modules'], standing: readonly ModuleVersion[]): readonly string[] => {
  const found = new Set(modules.map(({ module }) => module));
  for (let size = 0; found.size > size; ) {
    size = found.size;
    for (const { module, dependencies } of standing) if (dependencies.some((needed) => found.has(needed.module))) found.add(module);
  }
  return standing.flatMap(({ module }) => (found.has(module) ? [module] : []));
};

type Entry = NonNullable<Awaited<ReturnType<Catalog['read']>>>;

const readClosure = async (catalog: Pick<Catalog, 'read'>, wanted: readonly string[]): Promise<ReadonlyMap<string, Entry>> => {
  const known = new Map<string, Entry>();
  let frontier = [...new Set(wanted)];
  const asked = new Set(frontier);
  for (let depth = 0; frontier.length > 0 && depth < depthMax; depth += 1) {
    const entries = await Promise.all(frontier.map((module) => catalog.read(module)));
    for (const entry of entries) if (entry) known.set(entry.module.name, entry);
    const needed = entries.flatMap((entry) => entry?.versions.flatMap(({ dependencies }) => dependencies) ?? []);
    frontier = [...new Set(needed.filter(({ optional }) => !optional).map(({ module }) => module))].filter((module) => !asked.has(module));
    for (const module of frontier) asked.add(module);
  }
  return known;
};

export const readHolders = async (jobs: Pick<JobStore, 'get'>, tenantModules: readonly TenantModule[]): Promise<readonly Job[]> => {
  const ids = [...new Set(tenantModules.flatMap(({ jobId }) => jobId ?? []))];
  const read = await Promise.all(ids.map((id) => jobs.get(id)));
  return read.flatMap((job) => job ?? []);
};
