import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeLambdaMigrators } from '../../../contexts/module-registry/index.ts';
import { type LambdaEndpoint, startLambdaEndpoint } from '../../support/http/lambda-endpoint.ts';

let endpoint: LambdaEndpoint;
let client: LambdaClient;
const arn = 'arn:aws:lambda:us-east-1:000000000000:function:Migrator-loyalty:live';

beforeAll(async () => {
  endpoint = await startLambdaEndpoint();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new LambdaClient({ region: 'us-east-1', endpoint: endpoint.url, credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await endpoint.stop();
});

const plan = () =>
  makeLambdaMigrators(client, () => '01JD3M0VZ6W8QK5C9TPRF2A7XE').plan(arn, {
    module: 'loyalty',
    change: 'install',
    from: null,
    to: '1.0.0',
  });
const lint = () => makeLambdaMigrators(client, () => '01JD3M0VZ6W8QK5C9TPRF2A7XE').lint(arn, { module: 'loyalty', version: '1.1.0' });
const verify = () => {
  const target = {
    tenantId: '01JD0000000000000000000ACM',
    slug: 'acme',
    database: 'tenant_acme',
    clusterArn: 'arn',
    ownerSecretArn: 'arn',
  };
  return makeLambdaMigrators(client, () => '01JD3M0VZ6W8QK5C9TPRF2A7XE').verify(arn, { module: 'loyalty', version: '1.1.0', target });
};
const finding = {
  scope: 'tenant',
  field: 'tenant[1].up',
  migration: 2,
  rule: 'table-locked',
  message: 'it locks',
  remedy: 'do not',
} as const;

describe('A migrator behind Lambda', () => {
  test('is asked by the alias that the catalog names, and answers what it would do', async () => {
    expect(await plan()).toEqual({ contract: 1, schema: [], migrations: [], seed: [], losesData: false });
    expect(endpoint.invocations.at(-1)).toBe(`${arn} plan 1.0.0`);
  });

  test('answers what its lint finds on the way to a version', async () => {
    endpoint.next({ payload: { contract: 1, findings: [finding] } });

    expect(await lint()).toEqual([finding]);
    expect(endpoint.invocations.at(-1)).toBe(`${arn} lint 1.1.0`);
  });

  test('answers how what stands differs from a version', async () => {
    const found = { ok: false, problems: ['table points is missing'], fingerprint: 'f'.repeat(64), rowCounts: {} };
    endpoint.next({ payload: { contract: 1, ...found } });

    expect(await verify()).toEqual({ ...found, exists: true });
    expect(endpoint.invocations.at(-1)).toBe(`${arn} verify 1.1.0`);
  });

  test.each([
    ['answers something else', { payload: { contract: 9 } }, 'the migrator of loyalty did not answer lint as its contract says'],
    ['fails', { failed: { errorType: 'Defect', errorMessage: 'no such version' } }, `the migrator ${arn} failed: its log says more`],
  ])('that %s has a defect', async (_, answer, message) => {
    endpoint.next(answer);
    await expect(lint()).rejects.toMatchObject({ name: 'Defect', message });
  });

  test('that cannot be reached is briefly absent', async () => {
    endpoint.next({ status: 503, payload: {} });
    await expect(plan()).rejects.toMatchObject({ name: 'Unavailable', retryAfterSeconds: 5 });
  });
});
