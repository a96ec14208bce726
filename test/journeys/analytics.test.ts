import { globSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { type ApiClient, followJob, makeApiClient } from '../support/api-client.ts';
import { makeStateFolder } from '../support/running-cloud.ts';

const { localDir, remove } = makeStateFolder();
let cloud: Cloud | undefined;
let admin: ApiClient;

const start = async (): Promise<void> => {
  cloud = await startCloud({ localDir, roots: ['test/support/contexts'], log: () => {} });
  admin = makeApiClient(cloud.api, await cloud.mint({ sub: 'platform-admin', role: 'platform-admin' }));
};
const stop = async (): Promise<void> => {
  await cloud?.stop();
  cloud = undefined;
};

const done = (path: string, body: unknown): Promise<string> => ended(admin.post(path, body));
const removed = (path: string): Promise<string> => ended(admin.call('DELETE', path));

const ended = async (asked: ReturnType<ApiClient['post']>): Promise<string> => {
  const answer = await asked;
  if (answer.status >= 300) throw new Error(`${answer.method} ${answer.path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  const { jobId } = answer.body;
  return jobId === undefined ? '' : (await followJob(admin, String(jobId))).state;
};

const questions = ['/platform/fleet', '/analytics/days', '/analytics/failures'];

/** What the counters say once they say what is wanted, or after a while: the stream is followed, not awaited. */
const numbers = async (wanted: readonly unknown[]): Promise<readonly unknown[]> => {
  for (let tries = 0; ; tries += 1) {
    const said = (await Promise.all(questions.map((path) => admin.get(path)))).map(({ body }) => body['items']);
    if (tries === 150 || isDeepStrictEqual(said, wanted)) return said;
    await sleep(100);
  }
};

beforeAll(start);
afterAll(async () => {
  await stop();
  remove();
});

test('The counters follow what happens, and a stream that is read again from its beginning changes none of them', async () => {
  // given
  for (const module of ['example', 'broken_hook']) await done(`/platform/modules/${module}/publish`, { version: '1.0.0' });
  for (const slug of ['acme', 'globex']) await done('/tenants', { slug, name: slug });
  // when
  const ends = [
    await done('/tenants/acme/modules', { module: 'example' }),
    await done('/tenants/globex/modules', { module: 'example' }),
    await done('/tenants/acme/modules', { module: 'broken_hook' }),
    await removed('/tenants/globex/modules/example'),
  ];
  const day = new Date().toISOString().slice(0, 10);
  const failures = [{ flow: 'install', reason: 'step-failed', count: 1 }];
  const counted = (installs: number, active: number) => [
    [{ module: 'example', tenants: active, versions: [{ version: '1.0.0', tenants: { Active: active, Archived: 1 } }] }],
    [{ day, counts: { done: { install: installs, uninstall: 1 }, failed: { install: 1 } } }],
    failures,
  ];
  const before = await numbers(counted(2, 1));
  await stop();
  for (const file of globSync(`${localDir}/**/streams.json`)) rmSync(file);
  await start();
  await done('/tenants', { slug: 'initech', name: 'initech' });
  await done('/tenants/initech/modules', { module: 'example' });
  const after = await numbers(counted(3, 2));
  // then
  expect(ends).toEqual(['Active', 'Active', 'Failed', 'Uninstalled']);
  expect(before).toEqual(counted(2, 1));
  expect(after).toEqual(counted(3, 2));
});
