import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, followJob } from '../test/support/api-client.ts';
import { startTestCloud, type TestCloud } from '../test/support/test-cloud.ts';
import { costLines, countsOf } from './cost.ts';
import { measureFleet } from './fleet.ts';
import { measureFloor } from './floor.ts';
import { percentile, repeat } from './measure.ts';
import { measureMiddlewareOverhead } from './middleware-overhead.ts';
import { measureResolution, slowest } from './resolution.ts';

/** `npm run bench`: tables of figures on the embedded cloud; `-- --json FILE` keeps them. Exit 1 when a budget is exceeded. */

interface Budget {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
}

const tenants = 50;
const lives = 10;
const subscriptions = ['digital_card', 'membership', 'finance'];
const published = { digital_card: ['1.0.0', '1.1.0', '2.0.0'], membership: ['1.0.0', '1.1.0'], finance: ['1.0.0', '2.0.0'] };
const requests = 200;
const quietMilliseconds = 5_000;

const jsonAt = process.argv.indexOf('--json');
const jsonFile = jsonAt < 0 ? undefined : process.argv[jsonAt + 1];
const print = (title: string, rows: readonly (readonly [string, number, string])[]): void => {
  console.log(`\n${title}`);
  for (const [name, value, unit] of rows) console.log(`  ${name.padEnd(52)} ${value.toPrecision(4).padStart(12)} ${unit}`);
};
const spread = (name: string, samples: readonly number[]): readonly (readonly [string, number, string])[] => [
  [`${name} p50`, percentile(samples, 50), 'ms'],
  [`${name} p95`, percentile(samples, 95), 'ms'],
];

/** What one job asks of the cloud: landlord migrated, everything warm, nobody polls while it runs. */
const countJob = async ({ cloud }: TestCloud, admin: ApiClient, ask: () => ReturnType<ApiClient['post']>) => {
  await sleep(quietMilliseconds);
  cloud.counters.reset();
  const { body } = await ask();
  await sleep(quietMilliseconds);
  const counts = countsOf(cloud.counters.snapshot());
  const job = await followJob(admin, String(body['jobId']));
  if (job.state !== 'Active') throw new Error(`the counted job ended ${job.state}`);
  return counts;
};

const together = { module: 'finance', version: '^1.0' };
const both = { version: '2.0.0', with: [{ module: 'finance', version: '2.0.0' }] };

/** One install of digital_card; then, on another tenant, finance with the two modules it needs, and the upgrade of two of them. */
const countJobs = async (it: TestCloud) => {
  const { admin } = await it.tenant('counted');
  await admin.get('/tenants/counted/modules');
  const other = await it.tenant('counted-too', subscriptions);
  await other.admin.get('/tenants/counted-too/modules');
  const modules = '/tenants/counted-too/modules';
  return {
    install: await countJob(it, admin, () => admin.post('/tenants/counted/modules', { module: 'digital_card', version: '1.0.0' })),
    threeModules: await countJob(it, other.admin, () => other.admin.post(modules, together)),
    upgradeOfTwo: await countJob(it, other.admin, () => other.admin.post(`${modules}/digital_card/upgrade`, both)),
  };
};

/** finance with what it needs, then the upgrade of two modules, for some tenants one after the other. */
const wholeLives = async (it: TestCloud) => {
  const installs: number[] = [];
  const upgrades: number[] = [];
  const timeJob = async (admin: ApiClient, ask: () => ReturnType<ApiClient['post']>): Promise<number> => {
    const startedAt = performance.now();
    const { body } = await ask();
    const { state } = await followJob(admin, String(body['jobId']), { pollMs: 10 });
    if (state !== 'Active') throw new Error(`a job of the bench ended ${state}`);
    return performance.now() - startedAt;
  };
  for (let index = 0; index < lives; index += 1) {
    const slug = `life-${index}`;
    const { admin } = await it.tenant(slug, subscriptions);
    installs.push(await timeJob(admin, () => admin.post(`/tenants/${slug}/modules`, together)));
    upgrades.push(await timeJob(admin, () => admin.post(`/tenants/${slug}/modules/digital_card/upgrade`, both)));
  }
  return { installs, upgrades };
};

const publishAll = async ({ platformAdmin }: TestCloud): Promise<void> => {
  for (const [module, versions] of Object.entries(published))
    for (const version of versions) await platformAdmin.post(`/platform/modules/${module}/publish`, { version });
};

const installEverywhere = async (it: TestCloud) => {
  const posts: number[] = [];
  const installs: number[] = [];
  for (let index = 0; index < tenants; index += 1) {
    const slug = `bench-${index}`;
    const { admin } = await it.tenant(slug);
    const startedAt = performance.now();
    const { body } = await admin.post(`/tenants/${slug}/modules`, { module: 'digital_card', version: '1.0.0' });
    posts.push(performance.now() - startedAt);
    await followJob(admin, String(body['jobId']), { pollMs: 10 });
    installs.push(performance.now() - startedAt);
  }
  return { posts, installs };
};

const it = await startTestCloud(['contexts']);
try {
  await publishAll(it);
  const { posts, installs } = await installEverywhere(it);
  const [jobId] = ((await it.platformAdmin.get('/tenants/bench-0/jobs')).body['items'] as readonly { id: string }[]).map(({ id }) => id);
  const modules = await repeat(requests, () => it.platformAdmin.get('/modules'));
  const jobs = await repeat(requests, () => it.platformAdmin.get(`/jobs/${jobId}`));
  const floor = await measureFloor(it.cloud.postgres, tenants);
  const middleware = await measureMiddlewareOverhead();
  const { installs: threeModules, upgrades } = await wholeLives(it);
  const counted = await countJobs(it);
  const counts = counted.install;
  const resolution = measureResolution();
  const fleet = await measureFleet();
  const costs = costLines(counts, percentile(installs, 50) / 1000);
  const usdPer1000 = 1000 * costs.reduce((total, [, usd]) => total + usd, 0);

  print('API', [...spread('GET /modules', modules), ...spread('GET /jobs/{job}', jobs), ...spread('POST install', posts)]);
  print(`Install, POST to Active, ${tenants} tenants one after the other`, [
    ...spread('install', installs),
    ...spread('floor: the same DDL by plain pg', floor),
    ['ratio of the medians', percentile(installs, 50) / percentile(floor, 50), '×'],
  ]);
  print(`The life of modules, POST to Active, ${lives} tenants one after the other`, [
    ...spread('finance with digital_card and membership', threeModules),
    ...spread('upgrade of digital_card and finance', upgrades),
  ]);
  print(
    'Resolution, 1,000 modules of 20 versions, p99',
    resolution.map(({ name, p99Ms }) => [name, p99Ms, 'ms'] as const),
  );
  print('Fleet status of 1,000 tenants', spread('GET /platform/fleet', fleet.summaryMs));
  print('Middleware, a request that does nothing', [
    ['p50', middleware.p50Ms, 'ms'],
    ['p95', middleware.p95Ms, 'ms'],
  ]);
  print(
    'Counted by the endpoints, one install',
    Object.entries(counts).map(([name, value]) => [name, value, ''] as const),
  );
  print(
    'Counted by the endpoints, finance with two modules that it needs',
    Object.entries(counted.threeModules).map(([name, value]) => [name, value, ''] as const),
  );
  print(
    'Counted by the endpoints, upgrade of two modules',
    Object.entries(counted.upgradeOfTwo).map(([name, value]) => [name, value, ''] as const),
  );
  print('USD per 1,000 installs (bench/prices.json)', [
    ...costs.map(([name, usd]) => [name, 1000 * usd, 'USD'] as const),
    ['total', usdPer1000, 'USD'],
  ]);

  const budgets: readonly Budget[] = [
    { name: 'transitionsPerInstall', value: counts.transitions, limit: 16, unit: 'transitions' },
    { name: 'lambdaInvocationsPerInstall', value: counts.lambdaInvocations, limit: 10, unit: 'invocations' },
    { name: 'dataApiCallsPerInstall', value: counts.dataApiCalls, limit: 25, unit: 'calls' },
    { name: 'dynamodbRequestsPerInstall', value: counts.dynamodbRequests, limit: 18, unit: 'requests' },
    { name: 'usdPer1000Installs', value: usdPer1000, limit: 0.6, unit: 'USD' },
    { name: 'resolutionP99Slowest', value: slowest(resolution), limit: 100, unit: 'ms' },
    { name: 'fleetStatusP95', value: percentile(fleet.summaryMs, 95), limit: 1_000, unit: 'ms' },
    { name: 'middlewareOverheadP95', value: middleware.p95Ms, limit: 15, unit: 'ms' },
  ];
  console.log('\nBudgets');
  for (const { name, value, limit, unit } of budgets)
    console.log(`  ${value <= limit ? '✓' : '✗'} ${name.padEnd(50)} ${value.toPrecision(4)} of ${limit} ${unit}`);
  if (jsonFile)
    writeFileSync(
      jsonFile,
      `${JSON.stringify({ budgets, counts: counted, life: { threeModules, upgrades }, resolution, fleet, api: { modules, jobs, posts }, installs, floor, middleware, usd: Object.fromEntries(costs) }, null, 2)}\n`,
    );
  process.exitCode = budgets.every(({ value, limit }) => value <= limit) ? 0 : 1;
} finally {
  await it.stop();
}
