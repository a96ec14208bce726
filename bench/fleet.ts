import { ulid } from 'ulid';
import {
  makeCountChanges,
  makeDynamoCounter,
  makeDynamoCounts,
  makeDynamoStorageCounter,
  makeRankModules,
  makeReadDays,
  makeReadFailures,
  makeReadFleet,
} from '../contexts/analytics/index.ts';
import type { Table } from '../contexts/shared/adapters/dynamo-table.ts';
import { analyticsRoutes } from '../functions/api/routes/analytics-routes.ts';
import { type HttpHandler, makeHttpHandler } from '../functions/http/http-handler.ts';
import { startRegistryTable } from '../test/contracts/registry-table.ts';
import { apiEvent, lambdaContext } from '../test/support/http/api-event.ts';
import { percentile, repeat, timed } from './measure.ts';

/** Fleet status over HTTP middleware, tenants in the table alone: no tenant database is there. `node bench/fleet.ts` prints it. */

export interface FleetFigures {
  readonly tenants: number;
  readonly modules: number;
  /** Of counting one tenant module's change, in batches as the stream brings them. */
  readonly countedMs: number;
  readonly summaryMs: readonly number[];
  /** All the tenants of one module, page by page. */
  readonly everyTenantMs: readonly number[];
  readonly ranksMs: readonly number[];
}

const modules = Array.from({ length: 8 }, (_, index) => `module_${index}`);
const versions = ['1.0.0', '1.1.0', '2.0.0'];
const batchSize = 100;
const at = new Date('2026-01-31T12:00:00.000Z');
const clock = { now: () => at };

export const measureFleet = async (tenants = 1_000, times = 30): Promise<FleetFigures> => {
  const { table, stop } = await startRegistryTable();
  try {
    const countedMs = (await timed(() => fill(table, tenants))) / (tenants * modules.length);
    const ask = asking(handlerOver(table));
    const summaryMs = await repeat(times, () => ask('/platform/fleet?limit=100'));
    const everyTenantMs = await repeat(Math.ceil(times / 6), () => everyTenant(ask, 'module_0', tenants));
    const ranksMs = await repeat(times, () => ask('/analytics/modules?from=2026-01-01&to=2026-01-31'));
    return { tenants, modules: modules.length, countedMs, summaryMs, everyTenantMs, ranksMs };
  } finally {
    await stop();
  }
};

/** Every tenant has every module, as the stream would have told it. */
const fill = async (table: Table, tenants: number): Promise<void> => {
  const count = makeCountChanges({ counter: makeDynamoCounter(table), clock });
  const standings = Array.from({ length: tenants }, () => ulid()).flatMap((tenantId, tenant) =>
    modules.map((module, index) => ({ tenantId, module, version: versions[(tenant + index) % versions.length] ?? '', status: 'Active' })),
  );
  for (let first = 0; first < standings.length; first += batchSize) {
    const batch = standings.slice(first, first + batchSize);
    await count({
      modules: batch.map((now) => ({ tenantId: now.tenantId, module: now.module, now })),
      ends: batch.map(({ module, version }) => ({
        eventId: ulid(),
        at,
        kind: 'install',
        outcome: 'done',
        changes: [{ module, from: null, to: version }],
      })),
    });
  }
};

const handlerOver = (table: Table): HttpHandler => {
  const counts = makeDynamoCounts(table);
  const ports = { counts, clock };
  const routes = analyticsRoutes({
    readFleet: makeReadFleet(counts),
    readStandings: counts.standings,
    rankModules: makeRankModules(ports),
    readDays: makeReadDays(ports),
    readFailures: makeReadFailures(ports),
    storage: makeDynamoStorageCounter(table),
  });
  return makeHttpHandler({ name: 'bench', compose: () => ({ routes, findTenant: async () => undefined }), observe: () => {} });
};

interface Page {
  readonly items: readonly unknown[];
  readonly cursor?: string;
}

const asking =
  (handler: HttpHandler) =>
  async (path: string): Promise<Page> => {
    const claims = { sub: 'ada', role: 'platform-admin' };
    const { statusCode, body } = await handler(apiEvent({ path: `/api/v1${path}`, claims }), lambdaContext);
    if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}: ${body}`);
    return JSON.parse(body ?? '') as Page;
  };

const everyTenant = async (ask: ReturnType<typeof asking>, module: string, tenants: number): Promise<void> => {
  let seen = 0;
  let cursor: string | undefined;
  do {
    const page = await ask(`/platform/fleet/${module}?limit=100${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    seen += page.items.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (seen !== tenants) throw new Error(`${seen} of ${tenants} tenants were listed`);
};

if (import.meta.main) {
  const { tenants, countedMs, ...figures } = await measureFleet();
  console.log(`Fleet of ${tenants} tenants × ${figures.modules} modules`);
  const rows = {
    'GET /platform/fleet': figures.summaryMs,
    [`GET /platform/fleet/{module}, all ${tenants} tenants`]: figures.everyTenantMs,
    'GET /analytics/modules, 31 days': figures.ranksMs,
  };
  for (const [name, samples] of Object.entries(rows))
    console.log(`  ${name.padEnd(52)} p50 ${percentile(samples, 50).toFixed(1)} ms, p95 ${percentile(samples, 95).toFixed(1)} ms`);
  console.log(`  ${'counting one change of a tenant module, with its event'.padEnd(52)} ${countedMs.toFixed(2)} ms`);
}
