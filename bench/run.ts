import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { followJob } from '../test/support/api-client.ts';
import { startTestCloud, type TestCloud } from '../test/support/test-cloud.ts';
import { costLines, countsOf } from './cost.ts';
import { measureFloor } from './floor.ts';
import { percentile, repeat } from './measure.ts';
import { measureMiddlewareOverhead } from './middleware-overhead.ts';

/** `npm run bench`: tables of figures on the embedded cloud; `-- --json FILE` keeps them. Exit 1 when a budget is exceeded. */

interface Budget {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
}

const tenants = 50;
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

/** One install on a provisioned tenant, landlord migrated, everything warm; nobody polls while it runs. */
const countOneInstall = async ({ cloud, tenant }: TestCloud) => {
  const { admin } = await tenant('counted');
  await admin.get('/tenants/counted/modules');
  await sleep(quietMilliseconds);
  cloud.counters.reset();
  const { body } = await admin.post('/tenants/counted/modules', { module: 'digital_card' });
  await sleep(quietMilliseconds);
  const counts = countsOf(cloud.counters.snapshot());
  const job = await followJob(admin, String(body['jobId']));
  if (job.state !== 'Active') throw new Error(`the counted install ended ${job.state}`);
  return counts;
};

const installEverywhere = async (it: TestCloud) => {
  const posts: number[] = [];
  const installs: number[] = [];
  for (let index = 0; index < tenants; index += 1) {
    const slug = `bench-${index}`;
    const { admin } = await it.tenant(slug);
    const startedAt = performance.now();
    const { body } = await admin.post(`/tenants/${slug}/modules`, { module: 'digital_card' });
    posts.push(performance.now() - startedAt);
    await followJob(admin, String(body['jobId']), { pollMs: 10 });
    installs.push(performance.now() - startedAt);
  }
  return { posts, installs };
};

const it = await startTestCloud(['contexts']);
try {
  await it.publish('digital_card');
  const { posts, installs } = await installEverywhere(it);
  const [jobId] = ((await it.platformAdmin.get('/tenants/bench-0/jobs')).body['items'] as readonly { id: string }[]).map(({ id }) => id);
  const modules = await repeat(requests, () => it.platformAdmin.get('/modules'));
  const jobs = await repeat(requests, () => it.platformAdmin.get(`/jobs/${jobId}`));
  const floor = await measureFloor(it.cloud.postgres, tenants);
  const middleware = await measureMiddlewareOverhead();
  const counts = await countOneInstall(it);
  const costs = costLines(counts, percentile(installs, 50) / 1000);
  const usdPer1000 = 1000 * costs.reduce((total, [, usd]) => total + usd, 0);

  print('API', [...spread('GET /modules', modules), ...spread('GET /jobs/{job}', jobs), ...spread('POST install', posts)]);
  print(`Install, POST to Active, ${tenants} tenants one after the other`, [
    ...spread('install', installs),
    ...spread('floor: the same DDL by plain pg', floor),
    ['ratio of the medians', percentile(installs, 50) / percentile(floor, 50), '×'],
  ]);
  print('Middleware, a request that does nothing', [
    ['p50', middleware.p50Ms, 'ms'],
    ['p95', middleware.p95Ms, 'ms'],
  ]);
  print(
    'Counted by the endpoints, one install',
    Object.entries(counts).map(([name, value]) => [name, value, ''] as const),
  );
  print('USD per 1,000 installs (bench/prices.json)', [
    ...costs.map(([name, usd]) => [name, 1000 * usd, 'USD'] as const),
    ['total', usdPer1000, 'USD'],
  ]);

  const budgets: readonly Budget[] = [
    { name: 'transitionsPerInstall', value: counts.transitions, limit: 16, unit: 'transitions' },
    { name: 'lambdaInvocationsPerInstall', value: counts.lambdaInvocations, limit: 10, unit: 'invocations' },
    { name: 'dataApiCallsPerInstall', value: counts.dataApiCalls, limit: 25, unit: 'calls' },
    { name: 'dynamodbRequestsPerInstall', value: counts.dynamodbRequests, limit: 14, unit: 'requests' },
    { name: 'usdPer1000Installs', value: usdPer1000, limit: 0.6, unit: 'USD' },
    { name: 'middlewareOverheadP95', value: middleware.p95Ms, limit: 15, unit: 'ms' },
  ];
  console.log('\nBudgets');
  for (const { name, value, limit, unit } of budgets)
    console.log(`  ${value <= limit ? '✓' : '✗'} ${name.padEnd(50)} ${value.toPrecision(4)} of ${limit} ${unit}`);
  if (jsonFile)
    writeFileSync(
      jsonFile,
      `${JSON.stringify({ budgets, counts, api: { modules, jobs, posts }, installs, floor, middleware, usd: Object.fromEntries(costs) }, null, 2)}\n`,
    );
  process.exitCode = budgets.every(({ value, limit }) => value <= limit) ? 0 : 1;
} finally {
  await it.stop();
}
