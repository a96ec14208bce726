import * as semver from 'semver';
import type { Clock } from '../../shared/domain/clock.ts';
import { type Refusal, Unavailable } from '../../shared/domain/errors.ts';
import { type CatalogModule, newestFirst, refusalToInstall, warningOf } from '../domain/module-version.ts';
import { planChange } from '../domain/plan.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import { type ChangeFacts, type ChangeFactsPorts, readChangeFacts } from './change-facts.ts';
import { subscriptionRequired } from './plan-change.ts';
import type { Catalog, PageOf, Paging, Subscriptions } from './ports.ts';

export interface TenantCatalogPorts extends ChangeFactsPorts {
  readonly catalog: Pick<Catalog, 'list' | 'read' | 'versions'>;
  readonly subscriptions: Pick<Subscriptions, 'hasSubscriptionForModule'>;
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
 * since drafts are left out. Nothing is asked of migrators or databases.
 */
export const makeTenantCatalog =
  (ports: TenantCatalogPorts) =>
  async (tenantId: string, paging: Paging): Promise<PageOf<TenantOffer>> => {
    const page = await ports.catalog.list(paging);
    const modules = page.items.map(({ name }) => ({ module: name }));
    const facts = await readChangeFacts(ports, { tenantId, kind: 'upgrade', modules, configurations: {} }, ports.clock.now());
    const subscriptionOf = rememberedSubscriptions(ports, facts);
    const shown = page.items.filter((module) => isShown(module, facts));
    return { ...page, items: await Promise.all(shown.map((module) => offerOf(module, facts, subscriptionOf))) };
  };

/** What the tenant has stays in its sight, whatever has become of the versions. */
const isShown = ({ name }: CatalogModule, { tenantModules, versions, at }: ChangeFacts): boolean =>
  tenantModules.some(({ module }) => module === name) ||
  (versions.get(name) ?? []).some((version) => refusalToInstall(version, at) === undefined);

type SubscriptionOf = (module: string) => Promise<SubscriptionStatus>;

/** Several modules may bring the same one; it is asked for once. */
const rememberedSubscriptions = ({ subscriptions }: TenantCatalogPorts, { tenant, modules }: ChangeFacts): SubscriptionOf => {
  const asked = new Map<string, Promise<SubscriptionStatus>>();
  const ask = async (module: string): Promise<SubscriptionStatus> => {
    if (modules.get(module)?.subscriptionRequired !== true) return 'not-required';
    try {
      return (await subscriptions.hasSubscriptionForModule(tenant.id, module)) ? 'active' : 'missing';
    } catch (error) {
      // the catalog is shown all the same
      if (error instanceof Unavailable) return 'unknown';
      throw error;
    }
  };
  return (module) => {
    const status = asked.get(module) ?? ask(module);
    asked.set(module, status);
    return status;
  };
};

const offerOf = async (module: CatalogModule, facts: ChangeFacts, subscriptionOf: SubscriptionOf): Promise<TenantOffer> => {
  const present = facts.tenantModules.find((known) => known.module === module.name);
  const offer = { module, subscription: await subscriptionOf(module.name), ...(present ? { present } : {}) };
  if (present?.version === undefined) return { ...offer, install: await prospectOf('install', module.name, facts, subscriptionOf) };
  const standing = facts.versions.get(module.name)?.find(({ version }) => version === present.version);
  const warning = standing && warningOf(standing, facts.at);
  const higher = higherThan(present.version, module.name, facts);
  const upgrade = higher && { version: higher, ...(await prospectOf('upgrade', module.name, facts, subscriptionOf)) };
  return { ...offer, ...(warning ? { warning } : {}), ...(upgrade ? { upgrade } : {}) };
};

const higherThan = (version: string, module: string, { versions }: ChangeFacts): string | undefined =>
  newestFirst(versions.get(module) ?? []).find((known) => known.status === 'published' && semver.gt(known.version, version))?.version;

const prospectOf = async (
  kind: 'install' | 'upgrade',
  module: string,
  facts: ChangeFacts,
  subscriptionOf: SubscriptionOf,
): Promise<Prospect> => {
  const plan = planChange({ kind, modules: [{ module }] }, facts);
  if ('reason' in plan) return { brings: [], missing: [plan] };
  const brought = plan.steps.flatMap(({ module: name, to }) => (to === null ? [] : [{ module: name, version: to }]));
  const statuses = await Promise.all(brought.map(async ({ module: name }) => [name, await subscriptionOf(name)] as const));
  const version = brought.find((one) => one.module === module)?.version;
  return {
    ...(version === undefined ? {} : { version }),
    brings: brought.filter((one) => one.module !== module),
    missing: statuses.flatMap(([name, status]) => (status === 'missing' ? [subscriptionRequired(name)] : [])),
  };
};
