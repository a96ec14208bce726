import { globSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
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

const done = async (path: string, body: unknown): Promise<string> => {
  const answer = await admin.post(path, body);
  if (answer.status >= 300) throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  const { jobId } = answer.body;
  return jobId === undefined ? '' : (await followJob(admin, String(jobId))).state;
};

/** What the counters say, once they say it of `tenants`: the stream is followed, not awaited. */
const numbers = async (tenants: number) => {
  for (let tries = 0; tries < 150; tries += 1) {
    const [fleet, days, failures] = await Promise.all(
      ['/platform/fleet', '/analytics/days', '/analytics/failures'].map((path) => admin.get(path)),
    );
    const items = [fleet, days, failures].map((answer) => answer?.body['items']);
    const [first] = items[0] as readonly { readonly tenants: number }[];
    if (first?.tenants === tenants && (items[2] as readonly unknown[]).length > 0) return items;
    await sleep(100);
  }
  throw new Error(`the counters never spoke of ${tenants} tenants`);
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
  ];
  const before = await numbers(2);
  await stop();
  for (const file of globSync(`${localDir}/**/streams.json`)) rmSync(file);
  await start();
  await done('/tenants', { slug: 'initech', name: 'initech' });
  await done('/tenants/initech/modules', { module: 'example' });
  const after = await numbers(3);
  // then
  expect(ends).toEqual(['Active', 'Active', 'Failed']);
  const day = expect.any(String);
  const failures = [{ flow: 'install', reason: 'step-failed', count: 1 }];
  const fleet = (tenants: number) => [{ module: 'example', tenants, versions: [{ version: '1.0.0', tenants: { Active: tenants } }] }];
  expect(before).toEqual([fleet(2), [{ day, counts: { done: { install: 2 }, failed: { install: 1 } } }], failures]);
  expect(after).toEqual([fleet(3), [{ day, counts: { done: { install: 3 }, failed: { install: 1 } } }], failures]);
});
