import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type Health, makeCheckHealth } from '../../../functions/api/health.ts';
import { systemRoutes } from '../../../functions/api/routes/system-routes.ts';
import { makeHttpHandler } from '../../../functions/http/http-handler.ts';
import { apiEvent, lambdaContext } from '../../support/http/api-event.ts';

const handlerFor = (health: Health) =>
  makeHttpHandler({
    name: 'test',
    compose: () => ({
      routes: systemRoutes({
        checkHealth: async ({ deep }) => (deep ? health : { status: 'ok', checks: [] }),
        openapi: () => '{"openapi":"3.1.1"}',
        docsScript: async () => gzipSync('redoc()'),
      }),
      findTenant: async () => undefined,
    }),
    observe: () => {},
  });
const well = handlerFor({ status: 'ok', checks: [{ name: 'table', ok: true, durationMs: 1 }] });
const get = (path: string, handler = well) => handler(apiEvent({ path: `/api/v1${path}` }), lambdaContext);

describe('Health', () => {
  test('is answered to everybody, and looks into nothing unless asked to', async () => {
    expect(await get('/health')).toMatchObject({ statusCode: 200, body: '{"status":"ok","checks":[]}' });
  });

  test('is 503 when a part that was asked does not answer', async () => {
    const ill = handlerFor({ status: 'failing', checks: [{ name: 'database', ok: false, durationMs: 5_000 }] });

    expect((await get('/health?deep=true', ill)).statusCode).toBe(503);
    expect((await get('/health', ill)).statusCode).toBe(200);
  });

  test('takes true and false for deep, nothing else', async () => {
    expect((await get('/health?deep=yes')).statusCode).toBe(400);
  });
});

describe('A deep health check', () => {
  const failures: string[] = [];
  let atMs = 0;
  let probed = 0;
  let broken = false;
  const check = makeCheckHealth({
    probes: {
      table: async () => {
        probed += 1;
      },
      database: async () => {
        if (broken) throw new Error('secret-host refused');
      },
    },
    elapsedMs: () => atMs,
    onFailed: (name, error) => failures.push(`${name}: ${String(error)}`),
  });

  test('says of each part whether it answers, and is kept for ten seconds', async () => {
    const first = await check({ deep: true });
    broken = true;
    atMs = 9_999;
    const kept = await check({ deep: true });
    atMs = 10_000;
    const fresh = await check({ deep: true });

    expect(first).toEqual({
      status: 'ok',
      checks: [
        { name: 'table', ok: true, durationMs: 0 },
        { name: 'database', ok: true, durationMs: 0 },
      ],
    });
    expect(kept).toEqual(first);
    expect(fresh.status).toBe('failing');
    expect(probed).toBe(2);
  });

  test('tells us why a part failed, and nobody else', async () => {
    atMs = 30_000;
    const answer = await check({ deep: true });

    expect(JSON.stringify(answer)).not.toContain('secret-host');
    expect(failures.at(-1)).toBe('database: Error: secret-host refused');
  });
});

describe('The documentation', () => {
  test('comes from our own origin, and may load nothing else', async () => {
    const page = await get('/docs');

    expect(page.headers?.['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers?.['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(page.body).not.toMatch(/https?:\/\//);
    expect([...(page.body ?? '').matchAll(/(?:src|spec-url)="([^"]+)"/g)].map(([, url]) => url)).toEqual([
      '/api/v1/openapi.json',
      '/api/v1/docs/redoc.standalone.js',
    ]);
  });

  test('brings its script compressed', async () => {
    const script = await get('/docs/redoc.standalone.js');

    expect(script.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'text/javascript; charset=utf-8' });
    expect(gunzipSync(Buffer.from(script.body ?? '', 'base64')).toString()).toBe('redoc()');
  });

  test('stands on the description of the API', async () => {
    expect(await get('/openapi.json')).toMatchObject({
      statusCode: 200,
      body: '{"openapi":"3.1.1"}',
      headers: { 'content-type': 'application/json' },
    });
  });
});
