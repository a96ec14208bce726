import * as z from 'zod';
import type {
  Counts,
  makeRankModules,
  makeReadDays,
  makeReadFailures,
  makeReadFleet,
  StorageCounter,
} from '../../../contexts/analytics/index.ts';
import { defineRoute, type Route, readers } from '../../../contexts/shared/application/route.ts';
import { ModuleName, Ulid } from '../../../contexts/shared/domain/names.ts';
import { pageByName, pageInOrder, pageOf, pageQuery, pagingOf } from '../../http/paging.ts';

export interface AnalyticsUseCases {
  readonly readFleet: ReturnType<typeof makeReadFleet>;
  readonly readStandings: Counts['standings'];
  readonly rankModules: ReturnType<typeof makeRankModules>;
  readonly readDays: ReturnType<typeof makeReadDays>;
  readonly storage: Pick<StorageCounter, 'storageOf' | 'bytesByModule'>;
  readonly readFailures: ReturnType<typeof makeReadFailures>;
}

/** What is counted; over all tenants for the platform's own people. */
export const analyticsRoutes = (useCases: AnalyticsUseCases): readonly Route[] => [
  fleet(useCases),
  fleetOfModule(useCases),
  days(useCases),
  modules(useCases),
  failures(useCases),
  storageOfModules(useCases),
  storageOfTenant(useCases),
];

const tags = ['Analytics'];
const roles = ['platform-admin'] as const;
const lag = 'Kept from the table’s stream: what has just happened is there about two seconds later.';

const Tenants = z
  .record(z.string(), z.int().positive())
  .meta({ description: 'How many tenants, by the tenant module’s status.', example: { Active: 12, Changing: 1 } });
const FleetVersionView = z.strictObject({
  version: z.string().nullable().meta({ description: 'null: a first install or a restore is under way.' }),
  tenants: Tenants,
});
const FleetModuleView = z
  .strictObject({
    module: ModuleName,
    tenants: z.int().min(0).meta({ description: 'For how many a version of it works.' }),
    versions: z.array(FleetVersionView),
  })
  .meta({ id: 'FleetModule' });

const fleet = ({ readFleet }: AnalyticsUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/platform/fleet',
    operationId: 'getFleet',
    summary: 'See who runs what: each module, its versions, and how many tenants have them',
    description: `By module. ${lag}`,
    tags,
    roles,
    query: pageQuery,
    answers: { 200: { description: 'A page of modules that tenants have.', schema: pageOf(FleetModuleView) } },
    handle: async ({ query }) => ({ status: 200, body: pageByName(await readFleet(), ({ module }) => module, query) }),
  });

const StandingView = z
  .strictObject({
    tenantId: Ulid,
    module: ModuleName,
    version: z.string().nullable().meta({ description: 'What stands, or lies in the archive; null during a first install or a restore.' }),
    status: z.string().meta({ example: 'Active' }),
  })
  .meta({ id: 'FleetTenant' });

const fleetOfModule = ({ readStandings }: AnalyticsUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/platform/fleet/{module}',
    operationId: 'listFleetOfModule',
    summary: 'List the tenants that have a module, with the version and status',
    description: `In no particular order. With a filter a page may be shorter than asked while more follow. ${lag}`,
    tags,
    roles,
    params: z.strictObject({ module: ModuleName }),
    query: z.strictObject({
      ...pageQuery.shape,
      version: z.string().min(1).max(64).optional().meta({ example: '1.0.0' }),
      status: z.enum(['Changing', 'Active', 'Archived', 'ManualIntervention']).optional(),
    }),
    answers: { 200: { description: 'A page of tenants.', schema: pageOf(StandingView) } },
    handle: async ({ params: { module }, query: { version, status, ...page } }) => {
      const only = { ...(version === undefined ? {} : { version }), ...(status === undefined ? {} : { status }) };
      return { status: 200, body: await readStandings(module, only, pagingOf(page)) };
    },
  });

const period = {
  from: z.iso.date().optional().meta({ description: 'The first day, UTC; 29 days before the last unless given.', example: '2026-01-01' }),
  to: z.iso.date().optional().meta({ description: 'The last day, UTC; today unless given.', example: '2026-01-31' }),
};
const periodOf = ({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }) => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});
const Flows = z.record(z.string(), z.int().positive());

const DayView = z
  .strictObject({
    day: z.iso.date(),
    counts: z
      .strictObject({ done: Flows, failed: Flows, stuck: Flows, cancelled: Flows })
      .partial()
      .meta({ description: 'How it ended → what it was → how many modules.', example: { done: { install: 3, upgrade: 1 } } }),
  })
  .meta({ id: 'DayCounts' });

const days = ({ readDays }: AnalyticsUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/analytics/days',
    operationId: 'listDayCounts',
    summary: 'Count installs, upgrades and removals by day',
    description: `Days on which nothing ended are left out; at most 92 days at once. ${lag}`,
    tags,
    roles,
    query: z.strictObject({ ...pageQuery.shape, ...period, module: ModuleName.optional() }),
    answers: { 200: { description: 'A page of days, oldest first.', schema: pageOf(DayView) } },
    handle: async ({ query: { module, ...query } }) => {
      const counted = await readDays({ ...periodOf(query), ...(module === undefined ? {} : { module }) });
      return { status: 200, body: pageByName(counted, ({ day }) => day, query) };
    },
  });

const RankedModuleView = z
  .strictObject({
    ...FleetModuleView.shape,
    installs: z.int().min(0).meta({ description: 'Installs of the period that ended well.' }),
  })
  .meta({ id: 'RankedModule' });

const modules = ({ rankModules }: AnalyticsUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/analytics/modules',
    operationId: 'rankModules',
    summary: 'Rank the modules by how many tenants have them',
    description: `The most installed first; among equals, the one installed most often in the period. ${lag}`,
    tags,
    roles,
    query: z.strictObject({ ...pageQuery.shape, ...period }),
    answers: { 200: { description: 'A page of modules.', schema: pageOf(RankedModuleView) } },
    handle: async ({ query }) => ({
      status: 200,
      body: pageInOrder(await rankModules(periodOf(query)), ({ module }) => module, query),
    }),
  });

const FailureView = z
  .strictObject({
    flow: z.string().meta({ description: 'The kind of job.', example: 'install' }),
    reason: z.string().meta({ example: 'step-failed' }),
    count: z.int().positive(),
  })
  .meta({ id: 'FailureCount' });

const failures = ({ readFailures }: AnalyticsUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/analytics/failures',
    operationId: 'listFailureReasons',
    summary: 'Count why jobs failed, the most frequent reason first',
    description: `Jobs that failed, or need intervention. ${lag}`,
    tags,
    roles,
    query: z.strictObject({ ...pageQuery.shape, ...period }),
    answers: { 200: { description: 'A page of reasons.', schema: pageOf(FailureView) } },
    handle: async ({ query }) => ({
      status: 200,
      body: pageInOrder(await readFailures(periodOf(query)), ({ flow, reason }) => `${flow} ${reason}`, query),
    }),
  });

const ModuleBytesView = z
  .strictObject({ module: ModuleName, bytes: z.int().positive().meta({ description: 'On disk, archives included.' }) })
  .meta({ id: 'ModuleBytes' });

const storageOfModules = ({ storage }: AnalyticsUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/analytics/storage',
    operationId: 'rankModulesByStorage',
    summary: 'See what each module stores, for all tenants together',
    description: `The largest first. A tenant is measured when a job begins to work on it. ${lag}`,
    tags,
    roles,
    query: pageQuery,
    answers: { 200: { description: 'A page of modules.', schema: pageOf(ModuleBytesView) } },
    handle: async ({ query }) => ({
      status: 200,
      body: pageInOrder(largestFirst(await storage.bytesByModule()), ({ module }) => module, query),
    }),
  });

const largestFirst = <T extends { readonly bytes: number; readonly module: string }>(all: readonly T[]): readonly T[] =>
  all.toSorted((a, b) => b.bytes - a.bytes || (a.module < b.module ? -1 : 1));

const storageOfTenant = ({ storage }: AnalyticsUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/storage',
    operationId: 'getTenantStorage',
    summary: 'See what each of the tenant’s modules stores',
    description: `Measured when a job begins to work on the tenant; empty before the first. ${lag}`,
    tags,
    roles: readers,
    answers: {
      200: {
        description: 'The modules, the largest first.',
        schema: z
          .strictObject({ measuredAt: z.iso.datetime().optional(), modules: z.array(ModuleBytesView) })
          .meta({ id: 'TenantStorage' }),
      },
    },
    handle: async ({ tenant }) => {
      const found = await storage.storageOf(tenant.id);
      const modules = Object.entries(found?.byModule ?? {}).map(([module, bytes]) => ({ module, bytes }));
      const measured = found ? { measuredAt: found.measuredAt.toISOString() } : {};
      return { status: 200, body: { ...measured, modules: largestFirst(modules.filter(({ bytes }) => bytes > 0)) } };
    },
  });
