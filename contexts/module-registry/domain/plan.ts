import * as semver from 'semver';
import { Defect, type Refusal } from '../../shared/domain/errors.ts';
import type { Job, ModuleJobKind } from './job.ts';
import { type CatalogModule, newestFirst, type OfferedVersion } from './module-version.ts';
import { type ChangeRequest, type PlanStep, resolve, type Universe, type Warning, type Wish } from './resolution/resolve.ts';
import type { TenantModule } from './tenant-module.ts';

/** A change of a tenant's modules as it is asked for, and the plan that makes it: which module goes from what to what, and why. */
export interface WantedChange {
  readonly kind: ModuleJobKind;
  readonly modules: readonly Wish[];
  /** By module; each takes room in the job beside the module's own. */
  readonly configurations?: Readonly<Record<string, unknown>>;
}

/** All that planning a change looks at. */
export interface PlanFacts {
  readonly tenantModules: readonly TenantModule[];
  /** The open jobs, and those that need intervention, that hold some of the tenant's modules. */
  readonly holders: readonly Job[];
  readonly modules: ReadonlyMap<string, CatalogModule>;
  readonly versions: ReadonlyMap<string, readonly OfferedVersion[]>;
  readonly at: Date;
}

/** A step of a plan with what carries it out. */
export interface PlannedStep extends PlanStep {
  /** What becomes of this one module; the others of the plan may go another way. */
  readonly change: ModuleJobKind;
  readonly migratorArn: string;
  /** The number of the archive that is made, brought back or dropped. */
  readonly archive?: number;
}

export interface PlannedChange {
  readonly steps: readonly PlannedStep[];
  readonly warnings: readonly Warning[];
}

/**
 * A job is written in one transaction, which holds a hundred items: for each step a lock and a use of the subscription, for each
 * configuration itself and its entry in the history, and a few for the job.
 */
const stepsMax = 40;
const stepsAndConfigurationsMax = 46;

/** The plan for a change, or the first reason why there is none. */
export const planChange = (change: WantedChange, facts: PlanFacts): PlannedChange | Refusal => {
  const held = change.modules.flatMap(({ module }) => holdOf(facts, module) ?? []);
  if (held[0]) return held[0];
  const { kind, modules } = change;
  const versioned = takesVersion(kind) ? undefined : modules.find(({ range }) => range !== undefined);
  if (versioned) return noVersionToChoose(kind, versioned.module);
  const plan = kind === 'restore' || kind === 'purge' ? ofArchive(kind, modules, facts) : resolved({ kind, modules }, facts);
  if ('reason' in plan) return plan;
  return tooLarge(plan.steps.length, Object.keys(change.configurations ?? {}).length) ?? plan;
};

/** Whether a change leads to a version that can be chosen; the others take what stands, or what was archived. */
export const takesVersion = (kind: ModuleJobKind): boolean => kind === 'install' || kind === 'upgrade' || kind === 'downgrade';

const noVersionToChoose = (kind: ModuleJobKind, module: string): Refusal => ({
  kind: 'unprocessable',
  reason: 'no-version-to-choose',
  message: `${kind} of ${module} takes ${kind === 'uninstall' ? 'the version that stands' : 'the version that was archived'}; leave out \`version\``,
  facts: { module },
});

/** Of a module that the tenant has, or that is offered to it: so it is in the catalog. */
const deployed = ({ modules }: PlanFacts, name: string): CatalogModule => {
  const found = modules.get(name);
  if (found) return found;
  throw new Defect(`${name} is not in the catalog, though a tenant has it or is offered it; deploy the module again`, { module: name });
};

/**
 * What counts as present while jobs are under way: what a job brings is there already, what it takes away is still there.
 * With `leaning`, neither its success nor its failure can then leave a module without what it needs.
 */
export const standingOf = ({ tenantModules, holders }: Pick<PlanFacts, 'tenantModules' | 'holders'>): Universe['standing'] =>
  tenantModules.flatMap(({ module, version, jobId }) => {
    const holder = holders.find(({ id }) => id === jobId);
    const stands = holder?.modules.find((change) => change.module === module)?.to ?? version;
    return stands === undefined ? [] : [{ module, version: stands }];
  });

const resolved = (request: ChangeRequest, facts: PlanFacts): PlannedChange | Refusal => {
  const present = request.kind === 'install' ? request.modules.flatMap(({ module }) => presenceOf(facts, module) ?? []) : [];
  if (present[0]) return present[0];
  const plan = resolve({ offers: facts.versions, standing: standingOf(facts), at: facts.at }, request);
  if ('reason' in plan) return plan;
  const anew = plan.steps.flatMap(({ module, from }) => (from === null ? (presenceOf(facts, module) ?? []) : []));
  const refusal = anew[0] ?? leaning(plan.steps, facts);
  return refusal ?? { warnings: plan.warnings, steps: plan.steps.map((step) => carriedOut(step, facts)) };
};

const carriedOut = (step: PlanStep, facts: PlanFacts): PlannedStep => {
  const { migratorArn } = deployed(facts, step.module);
  if (step.to !== null) return { ...step, change: directionOf(step.from, step.to), migratorArn };
  const archives = facts.tenantModules.find(({ module }) => module === step.module)?.archives ?? 0;
  return { ...step, change: 'uninstall', migratorArn, archive: archives + 1 };
};

const directionOf = (from: string | null, to: string): 'install' | 'upgrade' | 'downgrade' => {
  if (from === null) return 'install';
  return semver.lt(to, from) ? 'downgrade' : 'upgrade';
};

/** Bringing an archive back, or dropping it: one module, as it was. */
const ofArchive = (kind: 'restore' | 'purge', modules: readonly Wish[], facts: PlanFacts): PlannedChange | Refusal => {
  if (modules.length > 1) return oneAtATime(kind);
  const plan = planOfArchive(kind, modules[0]?.module ?? '', facts);
  return 'reason' in plan ? plan : (leaning(plan.steps, facts) ?? plan);
};

const planOfArchive = (kind: 'restore' | 'purge', name: string, facts: PlanFacts): PlannedChange | Refusal => {
  const found = facts.tenantModules.find(({ module }) => module === name);
  if (!found?.archive)
    return {
      kind: 'conflict',
      reason: found ? 'still-installed' : 'no-archive',
      message: found
        ? `${name} ${found.version} is installed; uninstall it first, which archives it`
        : `there is no archive of ${name} for this tenant`,
      facts: { module: name },
    };
  const { number: archive, version: from } = found.archive;
  const { migratorArn, serves } = deployed(facts, name);
  if (kind === 'purge')
    return {
      warnings: [],
      steps: [{ module: name, change: kind, from, to: null, archive, migratorArn, why: 'requested; its archive is dropped for ever' }],
    };
  const to = versionServed(from, serves, facts.versions.get(name) ?? []);
  if (to === undefined) return notServed(name, from, serves);
  const refusal = missingFor(name, to, facts);
  if (refusal) return refusal;
  const why = to === from ? 'requested; as it was archived' : `requested; ${from} is not served any more, so it is migrated`;
  return { warnings: [], steps: [{ module: name, change: kind, from, to, archive, migratorArn, why }] };
};

/** The version of the archive where the deployed code works with it, otherwise the lowest later one that it does work with. */
const versionServed = (version: string, serves: string, versions: readonly OfferedVersion[]): string | undefined => {
  if (semver.satisfies(version, serves)) return version;
  const later = newestFirst(versions).filter((known) => known.status === 'published' && semver.gt(known.version, version));
  return later.findLast((known) => semver.satisfies(known.version, serves))?.version;
};

const notServed = (module: string, version: string, serves: string): Refusal => ({
  kind: 'unprocessable',
  reason: 'not-served',
  message: `the archive holds ${module} ${version}, but the deployed code works with ${serves} and no later version leads there; deploy one that does`,
  facts: { module, version, serves },
});

/** An archive comes back alone: what it needs must be there. */
const missingFor = (module: string, to: string, facts: PlanFacts): Refusal | undefined => {
  const version = facts.versions.get(module)?.find((known) => known.version === to);
  const standing = standingOf(facts);
  for (const { module: needed, range, optional } of version?.dependencies ?? []) {
    const found = standing.find((candidate) => candidate.module === needed)?.version;
    if (found === undefined ? optional : semver.satisfies(found, range)) continue;
    return {
      kind: 'unprocessable',
      reason: found === undefined ? 'missing-dependency' : 'dependency-conflict',
      message: `${module} ${to} needs ${needed} ${range}, but ${found === undefined ? 'it is not installed' : `${found} is installed`}; install a fitting version of ${needed} first`,
      facts: { module, version: to, dependency: needed, range, installed: found ?? null },
    };
  }
  return undefined;
};

const oneAtATime = (kind: ModuleJobKind): Refusal => ({
  kind: 'unprocessable',
  reason: 'one-at-a-time',
  message: `a job can ${kind} one module; ask for each by itself`,
});

const tooLarge = (steps: number, configurations: number): Refusal | undefined => {
  if (steps <= stepsMax && steps + configurations <= stepsAndConfigurationsMax) return undefined;
  const most = `a job takes at most ${stepsMax} steps, and ${stepsAndConfigurationsMax} steps and configurations together`;
  return {
    kind: 'unprocessable',
    reason: 'plan-too-large',
    message: `the plan has ${steps} steps and the request ${configurations} configurations; ${most}: ask for fewer modules at once, or configure them afterwards`,
    facts: { steps, configurations, stepsMax, stepsAndConfigurationsMax },
  };
};

/** A plan may neither change nor need what another job is changing, nor take from it what it needs again if that job fails. */
const leaning = (steps: readonly PlanStep[], facts: PlanFacts): Refusal | undefined => {
  const needed = steps.flatMap(({ module, to }) => dependenciesOf(facts, module, to));
  const touched = [...steps, ...needed].flatMap(({ module }) => holdOf(facts, module) ?? []);
  const back = facts.tenantModules.find((held) => held.jobId !== undefined && loses(held, steps, facts));
  return touched[0] ?? (back && inTheWay(back));
};

const dependenciesOf = ({ versions }: PlanFacts, module: string, version: string | null | undefined) =>
  versions.get(module)?.find((known) => known.version === version)?.dependencies ?? [];

/** Whether the version that stands of a module would not have what it needs after these steps. */
const loses = ({ module: name, version }: TenantModule, steps: readonly PlanStep[], facts: PlanFacts): boolean =>
  dependenciesOf(facts, name, version).some(({ module, range, optional }) => {
    const step = steps.find((one) => one.module === module);
    if (step === undefined) return false;
    return step.to === null ? !optional : !semver.satisfies(step.to, range);
  });

const holdOf = ({ tenantModules }: PlanFacts, name: string): Refusal | undefined => {
  const found = tenantModules.find(({ module, jobId }) => module === name && jobId !== undefined);
  return found && inTheWay(found);
};

const presenceOf = ({ tenantModules }: PlanFacts, name: string): Refusal | undefined => {
  const found = tenantModules.find(({ module }) => module === name);
  return found && inTheWay(found);
};

/** What a tenant module that is there already means for a request to install it. */
export const inTheWay = ({ module, status, version, jobId, installedBy, archive }: TenantModule): Refusal => {
  switch (status) {
    case 'Active':
      return {
        kind: 'conflict',
        reason: 'already-installed',
        message: `${module} ${version} is installed already${installedBy === undefined ? '' : `, by job ${installedBy}`}`,
        facts: { module, version, ...(installedBy === undefined ? {} : { jobId: installedBy }) },
      };
    case 'Archived':
      return {
        kind: 'conflict',
        reason: 'archived',
        message: `an archive of ${module} ${archive?.version} is kept until ${archive?.expiresAt.toISOString()}; restore it, or purge it and install anew`,
        facts: { module, version: archive?.version, expiresAt: archive?.expiresAt.toISOString() },
      };
    case 'ManualIntervention':
      return {
        kind: 'conflict',
        reason: 'needs-intervention',
        message: `${module} needs manual intervention after job ${jobId}; retry or settle that job once its cause is gone`,
        facts: { module, jobId },
      };
    case 'Changing':
      return {
        kind: 'conflict',
        reason: 'job-in-the-way',
        message: `job ${jobId} is changing ${module}; ask again when it has ended`,
        facts: { module, jobId },
      };
  }
};
