import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tellLife } from '../../demo/life.ts';
import { makeRecorder } from '../../demo/recorder.ts';
import { makeApiClient } from '../support/api-client.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

let it: TestCloud;

beforeAll(async () => {
  it = await startTestCloud(['contexts', 'test/support/contexts'], { SliceBudgetMs: '0' });
});

afterAll(async () => {
  await it?.stop();
});

test('The journey of `npm run journey` goes through the whole life of modules, and every check of it holds', async () => {
  // given
  const recorder = makeRecorder(() => {});
  const tenantAdmin = async (tenant: string) =>
    makeApiClient(it.cloud.api, await it.cloud.mint({ sub: 'tenant-admin', role: 'tenant-admin', tenant }));
  // when
  await tellLife({ recorder, platformAdmin: it.platformAdmin, tenantAdmin, databases: it.databases, advance: it.cloud.clock.advance });
  // then
  const checks = recorder.steps().flatMap((step) => step.checks.map((check) => ({ step: step.title, ...check })));
  expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  expect(checks.length).toBeGreaterThan(60);
});
