import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import {
  makeCancelJob,
  makeModuleSteps,
  makePlanChange,
  makeReadJob,
  makeReadJobEvents,
  makeReadRestorePoint,
  makeRequestChange,
  makeRetryJob,
  makeSettleJob,
  makeSweep,
} from '../../../contexts/module-registry/index.ts';
import { Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { jobRoutes } from '../../../functions/api/routes/job-routes.ts';
import { moduleChangeRoutes } from '../../../functions/api/routes/module-change-routes.ts';
import { openExecutions } from '../../../functions/compose/registry.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import { apiEvent, lambdaContext } from '../../support/http/api-event.ts';
import { planning } from '../../support/memory-migrators.ts';
import { allowing } from '../../support/memory-quotas.ts';
import { aModule, makeMemoryRegistry, tenantId } from '../../support/memory-registry.ts';
import { saying } from '../../support/memory-subscriptions.ts';

const jobId = '01JD00000000000000000000J1';
const leaseSeconds = 120;
const acme = { id: tenantId, slug: 'acme' };
const install = '/tenants/acme/modules/finance';
const retry = `/jobs/${jobId}/retry`;
const Responses = z.record(z.string(), z.object({ description: z.string().optional() }));
/** What the description of the API says of a retry. */
const OpenApi = z.object({ paths: z.object({ '/jobs/{job}/retry': z.object({ post: z.object({ responses: Responses }) }) }) });
const failure = { name: 'Defect', message: 'it broke' };

/** Every method rejects as if the service behind the port were away. */
const away = <T extends object>(port: T): T =>
  new Proxy(port, { get: () => () => Promise.reject(new Unavailable('the registry table is too busy', 2)) });

/** The API over a registry in memory in which finance can be installed; executions cannot be started until `recover`. */
const anApi = () => {
  const memory = makeMemoryRegistry();
  let now = new Date('2026-01-01T00:00:00Z');
  let recovered = false;
  const told: string[] = [];
  const { start } = memory.executions;
  const ports = {
    jobs: memory.jobs,
    secrets: memory.secrets,
    onSecretLeft: () => {},
    tenantModules: memory.tenantModules,
    facts: memory.facts,
    fences: memory.fences,
    catalog: memory.catalog,
    subscriptions: saying(true),
    migrators: planning(),
    quotas: allowing(),
    executions: {
      ...memory.executions,
      start: async (job: Parameters<typeof start>[0]) => {
        if (!recovered) throw new Unavailable('Step Functions could not be reached');
        return start(job);
      },
    },
    idempotency: { find: async () => undefined, keep: async () => {} },
    clock: { now: () => now },
    newId: () => jobId,
    leaseSeconds,
    archiveDays: 30,
    purgeGraceHours: 24,
    attemptsMax: 3,
    shards: 1,
    onStartFailed: (job: string) => void told.push(job),
    onJobEnded: () => {},
    alongside: () => [],
  };
  memory.state.catalog.push(aModule('finance', {}, { subscriptionRequired: true }));
  const post = async (path: string, using: Partial<typeof ports> = {}) => {
    const composed = { ...ports, ...using };
    const handler = makeHttpHandler({
      name: 'test',
      compose: () => ({
        routes: [
          ...moduleChangeRoutes({
            requestChange: makeRequestChange(composed),
            planChange: makePlanChange(composed),
            namedTenant: async () => acme,
          }),
          ...jobRoutes({
            listJobs: composed.jobs.ofTenant,
            readJob: makeReadJob(composed.jobs),
            readJobEvents: makeReadJobEvents(composed.jobs),
            readRestorePoint: makeReadRestorePoint(composed.jobs),
            retryJob: makeRetryJob(composed),
            cancelJob: makeCancelJob(composed),
            settleJob: makeSettleJob(composed),
          }),
        ],
        findTenant: async () => acme,
      }),
      observe: () => {},
    });
    const claims = { sub: 'ada', role: 'tenant-admin', tenant: tenantId };
    const {
      statusCode: status,
      headers = {},
      body = '{}',
    } = await handler(apiEvent({ method: 'POST', path: `/api/v1${path}`, claims, body: path === install ? {} : undefined }), lambdaContext);
    return { status, headers, body: JSON.parse(body) as unknown };
  };
  return {
    ...memory,
    ports,
    told,
    post,
    steps: makeModuleSteps(ports),
    sweep: makeSweep(ports),
    recover: () => {
      recovered = true;
    },
    wait: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
  };
};

const accepted = { status: 202, headers: { location: `/api/v1/jobs/${jobId}` }, body: { jobId } };

describe('A request for a job whose execution cannot be started', () => {
  test('to install, is accepted, and the reconciler starts it', async () => {
    // given
    const { post, told, state, recover, wait, sweep } = anApi();
    // when
    const answer = await post(install);
    // then
    expect(answer).toMatchObject(accepted);
    expect([told, state.started, state.jobs.get(jobId)?.state]).toEqual([[jobId], [], 'Pending']);
    // when
    recover();
    wait(leaseSeconds + 1);
    await sweep();
    // then
    expect(state.started).toEqual([`${jobId}-2`]);
  });

  test('to install, is accepted again when it is repeated, and starts the execution if it can be by now', async () => {
    const { post, state, recover } = anApi();
    await post(install);
    recover();
    expect(await post(install)).toMatchObject(accepted);
    expect([state.started, state.jobs.size]).toEqual([[`${jobId}-1`], 1]);
  });

  test('to try a failed job again, is accepted, and the reconciler starts it', async () => {
    // given
    const { post, told, state, recover, wait, sweep, steps } = anApi();
    await post(install);
    await steps.refuse({ jobId, attempt: 1, error: failure });
    // when
    const answer = await post(retry);
    // then
    expect(answer).toMatchObject(accepted);
    expect([told, state.started, state.jobs.get(jobId)?.state]).toEqual([[jobId, jobId], [], 'Pending']);
    // when
    recover();
    wait(leaseSeconds + 1);
    await sweep();
    // then
    expect(state.started).toEqual([`${jobId}-3`]);
  });
});

describe('A failed job that is tried again', () => {
  test.each([
    [402, 'the subscription is gone', () => ({ subscriptions: saying(false) })],
    [
      422,
      'its version was withdrawn',
      ({ state }: ReturnType<typeof anApi>) => {
        state.catalog.splice(0, 1, aModule('finance', { status: 'withdrawn' }));
        return {};
      },
    ],
  ])('is refused with %i, which the description knows, where %s', async (status, _, change) => {
    const it = anApi();
    await it.post(install);
    await it.steps.refuse({ jobId, attempt: 1, error: failure });

    expect(await it.post(retry, change(it))).toMatchObject({ status });
    const { description } =
      OpenApi.parse(JSON.parse(readFileSync('openapi.json', 'utf8'))).paths['/jobs/{job}/retry'].post.responses[status] ?? {};
    expect(description).toMatch(/^The tenant has no subscription|^No version fits/);
  });
});

describe('A request that the store cannot answer', () => {
  test.each(['jobs', 'tenantModules', 'catalog'] as const)('to install is 503 with Retry-After: %s', async (port) => {
    const { post, ports, state } = anApi();
    const answer = await post(install, { [port]: away(ports[port]) });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2', 'content-type': 'application/problem+json' } });
    expect([state.jobs.size, state.started]).toEqual([0, []]);
  });

  test('to install is accepted while nobody can say whether the tenant is subscribed: its job waits for the answer', async () => {
    const { post, ports, state } = anApi();
    const answer = await post(install, { subscriptions: away(ports.subscriptions) });
    expect(answer).toMatchObject({ status: 202 });
    expect(state.jobs.size).toBe(1);
  });

  test.each(['jobs', 'tenantModules'] as const)('to try a job again is 503 with Retry-After: %s', async (port) => {
    const { post, ports, steps, state } = anApi();
    await post(install);
    await steps.refuse({ jobId, attempt: 1, error: failure });
    const answer = await post(retry, { [port]: away(ports[port]) });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    expect(state.jobs.get(jobId)).toMatchObject({ state: 'Failed', attempt: 1 });
  });
});

describe('Step Functions', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];
  const environment = { ...process.env };

  afterEach(() => {
    process.env = environment;
    for (const socket of sockets) socket.destroy();
    server?.close();
  });

  test('is waited for a third of what a request may take, so that the SDK can ask three times', async () => {
    // given
    const silent = createServer((socket) => void sockets.push(socket));
    server = silent;
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('it listens');
    const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:install';
    process.env = {
      ...environment,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_MAX_ATTEMPTS: '1',
      AWS_ENDPOINT_URL_SFN: `http://127.0.0.1:${address.port}`,
      INSTALL_MACHINE_ARN: machine,
      REPORT_MACHINE_ARN: machine,
      UNINSTALL_MACHINE_ARN: machine,
      PROVISION_MACHINE_ARN: machine,
      DEPROVISION_MACHINE_ARN: machine,
    };
    const startedAt = performance.now();
    // then
    await expect(openExecutions().start({ id: jobId, attempt: 1, kind: 'install' })).rejects.toThrow(Unavailable);
    expect(performance.now() - startedAt).toBeLessThan(9_000);
    expect(sockets).toHaveLength(1);
  });
});
