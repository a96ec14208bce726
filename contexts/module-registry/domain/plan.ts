import * as semver from 'semver';
import type { Refusal } from '../../shared/domain/errors.ts';
import { type CatalogModule, type ModuleVersion, newestFirst, newestPublishedOf, refusalToInstall } from './module-version.ts';
import type { TenantModule } from './tenant-module.ts';

/** A plan: ordered steps, each from → to with its why. Resolved against one revision of the tenant. */
export interface PlanStep {
  readonly module: string;
  readonly from: string | null;
  readonly to: string;
  readonly why: string;
}
export interface Plan {
  readonly steps: readonly PlanStep[];
}

/** All that resolving an install looks at. */
export interface InstallFacts {
  readonly module: string;
  /** Absent: the newest published version. */
  readonly version?: string;
  readonly catalogModule: CatalogModule | undefined;
  readonly versions: readonly ModuleVersion[];
  readonly tenantModules: readonly TenantModule[];
  readonly subscribed: boolean;
  readonly at: Date;
}

/** The plan for an install, or why there is none. */
export const resolveInstall = (facts: InstallFacts): Plan | Refusal => {
  const { module, catalogModule, tenantModules, at } = facts;
  if (catalogModule === undefined) return notFound('unknown-module', `there is no module ${module} in the catalog`, { module });
  const present = tenantModules.find((tenantModule) => tenantModule.module === module);
  if (present) return inTheWay(present);
  const version = chooseVersion(facts);
  if ('reason' in version) return version;
  const refusal = refusalToInstall(version, at);
  if (refusal) return refusal;
  if (catalogModule.subscriptionRequired && !facts.subscribed) return subscriptionRequired(module);
  const missing = version.dependencies.filter(({ optional }) => !optional).flatMap((dependency) => unmet(dependency, facts) ?? []);
  const [first] = missing;
  if (first) return first;
  const why = facts.version === undefined ? 'requested; the newest published version' : 'requested';
  return { steps: [{ module, from: null, to: version.version, why }] };
};

const notFound = (reason: string, message: string, facts: Readonly<Record<string, unknown>>): Refusal => ({
  kind: 'not-found',
  reason,
  message,
  facts,
});

const chooseVersion = ({ module, version, versions }: InstallFacts): ModuleVersion | Refusal => {
  if (version !== undefined) {
    const asked = versions.find((candidate) => candidate.version === version);
    const known = newestFirst(versions).map((candidate) => candidate.version);
    return (
      asked ??
      notFound('unknown-version', `${module} has no version ${version}; it has ${known.join(', ')}`, { module, version, versions: known })
    );
  }
  const newest = newestPublishedOf(versions);
  return (
    versions.find((candidate) => candidate.version === newest) ?? {
      kind: 'unprocessable',
      reason: 'not-published',
      message: `${module} has no published version; a platform admin must publish one first`,
      facts: { module },
    }
  );
};

/** What a tenant module that is there already means for a request to install it. */
export const inTheWay = ({ module, status, version, jobId, installedBy }: TenantModule): Refusal => {
  if (status === 'Active')
    return {
      kind: 'conflict',
      reason: 'already-installed',
      message: `${module} ${version} is installed already, by job ${installedBy}`,
      facts: { module, version, jobId: installedBy },
    };
  if (status === 'Archived')
    return {
      kind: 'conflict',
      reason: 'archived',
      message: `an archive of ${module} is kept; restore or purge it first`,
      facts: { module },
    };
  return {
    kind: 'conflict',
    reason: status === 'ManualIntervention' ? 'needs-intervention' : 'job-in-the-way',
    message:
      status === 'ManualIntervention'
        ? `${module} needs manual intervention after job ${jobId}; retry that job once its cause is gone`
        : `job ${jobId} is changing ${module}; ask again when it has ended`,
    facts: { module, jobId },
  };
};

const subscriptionRequired = (module: string): Refusal => ({
  kind: 'payment-required',
  reason: 'subscription-required',
  message: `${module} needs a subscription; subscribe the tenant to it first`,
  facts: { module },
});

const unmet = ({ module, range }: { readonly module: string; readonly range: string }, facts: InstallFacts): Refusal | undefined => {
  const present = facts.tenantModules.find((tenantModule) => tenantModule.module === module && tenantModule.status === 'Active');
  if (present?.version !== undefined && semver.satisfies(present.version, range)) return undefined;
  const found = present?.version === undefined ? 'it is not installed' : `${present.version} is installed`;
  return {
    kind: 'unprocessable',
    reason: present?.version === undefined ? 'missing-dependency' : 'dependency-conflict',
    message: `${facts.module} needs ${module} ${range}, but ${found}; install a fitting version of ${module} first`,
    facts: { module: facts.module, dependency: module, range, installed: present?.version ?? null },
  };
};
