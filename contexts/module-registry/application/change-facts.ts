import { Refused } from '../../shared/domain/errors.ts';
import type { Job } from '../domain/job.ts';
import type { ModuleVersion } from '../domain/module-version.ts';
import { type PlanFacts, planChange, standingOf, takesVersion, type WantedChange } from '../domain/plan.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import type { Catalog, Configuration, JobStore, OfferedModule, TenantFacts, TenantModules, VersionName } from './ports.ts';

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
  readonly catalog: Pick<Catalog, 'read' | 'versions' | 'offered'>;
  readonly tenantModules: Pick<TenantModules, 'read'>;
}

/** A module and what it needs, and what that needs: nobody's chain is longer. */
const depthMax = 30;

/**
 * The tenant, what it has, and of the catalog the modules that the change names with all that they may need; of the tenant's other
 * modules only the version that stands, and the one that a job may bring. Where that is not enough to leave these as they are, also
 * what else they could be, and what that needs.
 */
export const readChangeFacts = async (ports: ChangeFactsPorts, change: Change, at: Date): Promise<ChangeFacts> => {
  const { tenantId, modules } = change;
  const [read, closure] = await Promise.all([
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
  const standing = [...standingOf({ tenantModules, holders }), ...heldOf(tenantModules)].filter(({ module }) => !closure.has(module));
  const others = await ports.catalog.versions(unique(standing));
  const versions = Map.groupBy(others, ({ module }) => module);
  const facts = withEntries({ tenant, tenantModules, holders, modules: new Map(), versions, at }, [...closure.values()]);
  return leavesTheOthers(change, facts)
    ? facts
    : withEntries(facts, await readMovable(ports.catalog, [...closure.values()], { standing, others }));
};

const withEntries = (facts: ChangeFacts, entries: readonly Entry[]): ChangeFacts => ({
  ...facts,
  modules: new Map([...facts.modules, ...entries.map(({ module }) => [module.name, module] as const)]),
  versions: new Map([...facts.versions, ...entries.map(({ module, versions }) => [module.name, versions] as const)]),
});

/** A plan that changes nothing that stands but what is named: however much else is known, there is none that changes less. */
const leavesTheOthers = (change: Change, facts: ChangeFacts): boolean => {
  if (!takesVersion(change.kind)) return true;
  const plan = planChange(change, facts);
  return 'steps' in plan && plan.steps.every(({ module, from }) => from === null || change.modules.some((wish) => wish.module === module));
};

/** The versions that are back if the jobs fail that are changing them. */
const heldOf = (tenantModules: readonly TenantModule[]): readonly VersionName[] =>
  tenantModules.flatMap(({ module, version, jobId }) => (jobId === undefined || version === undefined ? [] : [{ module, version }]));

const unique = (names: readonly VersionName[]): readonly VersionName[] => [
  ...new Map(names.map(({ module, version }) => [`${module} ${version}`, { module, version }])).values(),
];

/** What stands beyond the closure, and what of it is in the catalog. */
interface Beyond {
  readonly standing: readonly VersionName[];
  readonly others: readonly ModuleVersion[];
}

/**
 * What stands beyond the closure and may have to change with it, since it leans on a module that may change or is of use to one, and
 * what that needs: a question for each step away, and one for all that was found.
 */
const readMovable = async (
  catalog: Pick<Catalog, 'offered' | 'versions'>,
  closure: readonly Entry[],
  beyond: Beyond,
): Promise<readonly Entry[]> => {
  const found: OfferedModule[] = [];
  const asked = new Set(closure.map(({ module }) => module.name));
  let frontier = movableWith(closure, beyond, asked);
  for (let depth = 0; frontier.length > 0 && depth < depthMax; depth += 1) {
    for (const module of frontier) asked.add(module);
    found.push(...(await catalog.offered(frontier)));
    frontier = movableWith([...closure, ...found], beyond, asked);
  }
  const versions = Map.groupBy(await catalog.versions(found.flatMap((offered) => offered.versions)), ({ module }) => module);
  return found.map(({ module }) => ({ module, versions: versions.get(module.name) ?? [] }));
};

/** The next step: what these need, what stands of that which they could use, and what stands on them. */
const movableWith = (known: readonly OfferedModule[], { standing, others }: Beyond, asked: ReadonlySet<string>): readonly string[] => {
  const needed = known
    .flatMap(({ versions }) => versions.flatMap(({ dependencies }) => dependencies))
    .flatMap(({ module, optional }) => (optional && !standing.some((one) => one.module === module) ? [] : [module]));
  const leaning = others.flatMap(({ module, dependencies }) => (dependencies.some((needs) => asked.has(needs.module)) ? [module] : []));
  return [...new Set([...needed, ...leaning])].filter((module) => !asked.has(module));
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
