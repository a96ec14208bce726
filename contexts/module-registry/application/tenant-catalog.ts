import * as semver from 'semver';
import type { Clock } from '../../shared/domain/clock.ts';
import { type Refusal, Refused, Unavailable } from '../../shared/domain/errors.ts';
import { type CatalogModule, newestFirst, refusalToInstall, warningOf } from '../domain/module-version.ts';
import { type PlanFacts, type PlannedChange, planChange } from '../domain/plan.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import { readHolders } from './change-facts.ts';
import { needsSubscription, subscriptionRequired } from './plan-change.ts';
import type { Catalog, JobStore, OfferedModule, PageOf, Paging, Subscriptions, TenantModules } from './ports.ts';

export interface TenantCatalogPorts {
  readonly jobs: Pick<JobStore, 'get'>;
  readonly catalog: Pick<Catalog, 'shelf' | 'offered'>;
  readonly tenantModules: Pick<TenantModules, 'read'>;
  readonly subscriptions: Pick<Subscriptions, 'subscribedAmong'>;
  readonly clock: Clock;
}

/** `unknown` where nobody can say now. */
export type SubscriptionStatus = 'not-required' | 'active' | 'missing' | 'unknown';

/** What an install, or an upgrade, would lead to, and what stands in its way: nothing, where `missing` is empty. */
export interface Prospect {
  /** Absent where no version can be had. */
  readonly version?: string;
  /** What would come, or change, with it. */
  readonly brings: readonly { readonly module: string; readonly version: string }[];
  readonly missing: readonly Refusal[];
}

/** A module of the catalog as one tenant sees it. */
export interface TenantOffer {
  readonly module: CatalogModule;
  readonly subscription: SubscriptionStatus;
  /** As the tenant has it; absent where it does not. */
  readonly present?: TenantModule;
  /** Of the version that stands. */
  readonly warning?: string;
  /** Where no version stands. */
  readonly install?: Prospect;
  /** Where a higher version than the one that stands is published. */
  readonly upgrade?: Prospect;
}

/**
 * The catalog by name as a tenant sees it: what it has, or could have, and what is missing for that. A page may be shorter than asked,
 * since drafts are left out. Nothing is asked of migrators or databases, and of the table as often for a large page as for a small one.
 */
export const makeTenantCatalog =
  (ports: TenantCatalogPorts) =>
  async (tenantId: string, paging: Paging): Promise<PageOf<TenantOffer>> => {
    const [page, read] = await Promise.all([ports.catalog.shelf(paging), ports.tenantModules.read(tenantId)]);
    if (!read) throw new Refused({ kind: 'not-found', reason: 'unknown-tenant', message: `there is no tenant ${tenantId}` });
    const facts = await readFacts(ports, page.items, read.modules);
    const planned = page.items.filter((offered) => isShown(offered, facts)).map(({ module }) => planNext(module, facts));
    const subscriptionOf = await readSubscriptions(ports, tenantId, { planned, facts });
    return { ...page, items: planned.map((one) => offerOf(one, facts, subscriptionOf)) };
  };

/** A module and what it needs, and what that needs: nobody's chain is longer. */
const depthMax = 30;

/** The modules of the page and those that the tenant has, with all that they may need: a request for each step away from these. */
const readFacts = async (
  { catalog, jobs, clock }: TenantCatalogPorts,
  page: readonly OfferedModule[],
  tenantModules: readonly TenantModule[],
): Promise<PlanFacts> => {
  const holders = await readHolders(jobs, tenantModules);
  const known = new Map(page.map((offered) => [offered.module.name, offered]));
  const asked = new Set(known.keys());
  let frontier = tenantModules.map(({ module }) => module).filter((name) => !asked.has(name));
  let fresh = page;
  for (let depth = 0; depth < depthMax; depth += 1) {
    frontier = [...new Set([...frontier, ...fresh.flatMap(neededBy)])].filter((name) => !asked.has(name));
    if (frontier.length === 0) break;
    for (const name of frontier) asked.add(name);
    fresh = await catalog.offered(frontier);
    for (const offered of fresh) known.set(offered.module.name, offered);
  }
  const all = [...known.values()];
  return {
    ...{ tenantModules, holders, at: clock.now() },
    modules: new Map(all.map(({ module }) => [module.name, module])),
    versions: new Map(all.map(({ module, versions }) => [module.name, versions])),
  };
};

const neededBy = ({ versions }: OfferedModule): readonly string[] =>
  versions.flatMap(({ dependencies }) => dependencies.filter(({ optional }) => !optional).map(({ module }) => module));

/** What the tenant has stays in its sight, whatever has become of the versions. */
const isShown = ({ module, versions }: OfferedModule, { tenantModules, at }: PlanFacts): boolean =>
  tenantModules.some((known) => known.module === module.name) || versions.some((version) => refusalToInstall(version, at) === undefined);

/** A module, and what the tenant could ask for next: nothing, where the newest version stands. */
interface Planned {
  readonly module: CatalogModule;
  readonly present: TenantModule | undefined;
  readonly next?: Next;
}

interface Next {
  readonly kind: 'install' | 'upgrade';
  /** What an upgrade should lead to, whatever is in its way. */
  readonly newest?: string;
  readonly plan: PlannedChange | Refusal;
}

const planNext = (module: CatalogModule, facts: PlanFacts): Planned => {
  const present = facts.tenantModules.find((known) => known.module === module.name);
  const planned = (kind: Next['kind']) => ({ kind, plan: planChange({ kind, modules: [{ module: module.name }] }, facts) });
  if (present?.version === undefined) return { module, present, next: planned('install') };
  const newest = higherThan(present.version, module.name, facts);
  return newest === undefined ? { module, present } : { module, present, next: { ...planned('upgrade'), newest } };
};

/** What of it needs a subscription, if the module does at all. */
const subscribable = ({ kind, plan }: Next): readonly string[] =>
  'reason' in plan ? [] : plan.steps.flatMap((step) => (needsSubscription(kind, step) ? [step.module] : []));

type SubscriptionOf = (module: string) => SubscriptionStatus;

/** Of those that are shown, or come with them, and need one; asked for together. Where nobody can say, the catalog is shown all the same. */
const readSubscriptions = async (
  { subscriptions }: TenantCatalogPorts,
  tenantId: string,
  { planned, facts }: { readonly planned: readonly Planned[]; readonly facts: PlanFacts },
): Promise<SubscriptionOf> => {
  const names = planned.flatMap((one) => [one.module.name, ...(one.next ? subscribable(one.next) : [])]);
  const required = new Set(names.filter((name) => facts.modules.get(name)?.subscriptionRequired));
  const subscribed = await subscribedOrUnknown(subscriptions, tenantId, [...required]);
  return (module) => {
    if (!required.has(module)) return 'not-required';
    if (subscribed === undefined) return 'unknown';
    return subscribed.has(module) ? 'active' : 'missing';
  };
};

const subscribedOrUnknown = async (
  subscriptions: TenantCatalogPorts['subscriptions'],
  tenantId: string,
  modules: readonly string[],
): Promise<ReadonlySet<string> | undefined> => {
  try {
    return await subscriptions.subscribedAmong(tenantId, modules);
  } catch (error) {
    if (error instanceof Unavailable) return undefined;
    throw error;
  }
};

const offerOf = ({ module, present, next }: Planned, facts: PlanFacts, subscriptionOf: SubscriptionOf): TenantOffer => {
  const standing = facts.versions.get(module.name)?.find(({ version }) => version === present?.version);
  const warning = standing && warningOf(standing, facts.at);
  return {
    module,
    subscription: subscriptionOf(module.name),
    ...(present ? { present } : {}),
    ...(warning ? { warning } : {}),
    ...(next?.kind === 'install' ? { install: prospectOf(module.name, next, subscriptionOf) } : {}),
    ...(next?.kind === 'upgrade' ? { upgrade: prospectOf(module.name, next, subscriptionOf) } : {}),
  };
};

const higherThan = (version: string, module: string, { versions }: PlanFacts): string | undefined =>
  newestFirst(versions.get(module) ?? []).find((known) => known.status === 'published' && semver.gt(known.version, version))?.version;

const prospectOf = (module: string, next: Next, subscriptionOf: SubscriptionOf): Prospect => {
  const { newest, plan } = next;
  if ('reason' in plan) return { ...(newest === undefined ? {} : { version: newest }), brings: [], missing: [plan] };
  const brought = plan.steps.flatMap(({ module: name, to }) => (to === null ? [] : [{ module: name, version: to }]));
  const version = brought.find((one) => one.module === module)?.version;
  return {
    ...(version === undefined ? {} : { version }),
    brings: brought.filter((one) => one.module !== module),
    missing: subscribable(next).flatMap((name) => (subscriptionOf(name) === 'missing' ? [subscriptionRequired(name)] : [])),
  };
};
