import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { makeTable, type Table } from '../../../contexts/shared/adapters/dynamo-table.ts';
import type { EntitlementChange, EntitlementStore } from '../../../contexts/subscription/application/ports.ts';
import { makeDynamoEntitlements } from '../../../contexts/subscription/index.ts';
import { startDynamodb } from '../../../local/dynamodb.ts';
import { makeMemoryEntitlements } from '../../support/memory-entitlements.ts';

const folder = mkdtempSync(join(tmpdir(), 'entitlements-'));
let dynamodb: Awaited<ReturnType<typeof startDynamodb>>;
let client: DynamoDBClient;
let table: Table;

beforeAll(async () => {
  dynamodb = await startDynamodb({ dataFolder: folder, log: () => {} });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new DynamoDBClient({ region: 'us-east-1', endpoint: dynamodb.endpoint, credentials });
  await client.send(
    new CreateTableCommand({
      TableName: 'registry',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  table = makeTable(DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }), 'registry');
});
afterAll(async () => {
  client?.destroy();
  await dynamodb?.stop();
  rmSync(folder, { recursive: true });
});

const at = new Date('2026-01-01T00:00:00Z');
const subscribed = (tenantId: string, module: string, sequence: number): EntitlementChange => ({
  entitlement: { tenantId, module, status: 'active', since: at },
  sequence,
  event: 'TenantSubscribed',
  actor: 'ada',
  at,
});

const stores: readonly (readonly [string, () => EntitlementStore])[] = [
  ['in memory', makeMemoryEntitlements],
  ['in DynamoDB', () => makeDynamoEntitlements(table, () => ulid())],
];

describe.each(stores)('Entitlements %s', (_, open) => {
  test('are found as they were saved, of this tenant only', async () => {
    const store = open();
    const [tenant, other] = [ulid(), ulid()];
    const { entitlement } = subscribed(tenant, 'finance', 1);
    await store.save(subscribed(tenant, 'finance', 1));
    expect(await store.find(tenant, 'finance')).toEqual(entitlement);
    expect(await store.find(other, 'finance')).toBeUndefined();
    expect(await store.read(tenant)).toEqual({ entitlements: [entitlement], sequence: 1 });
    expect(await store.read(other)).toEqual({ entitlements: [], sequence: 0 });
  });

  test('number their events without a gap: of two that follow the same, one is lost', async () => {
    const store = open();
    const tenant = ulid();
    await store.save(subscribed(tenant, 'finance', 1));
    await expect(store.save(subscribed(tenant, 'cards', 1))).rejects.toMatchObject({ name: 'Contended' });
    expect((await store.read(tenant)).entitlements.map(({ module }) => module)).toEqual(['finance']);
  });

  test('may be more than a hundred', async () => {
    const store = open();
    const tenant = ulid();
    for (let sequence = 1; sequence <= 101; sequence += 1) await store.save(subscribed(tenant, `module_${sequence}`, sequence));
    const { entitlements, sequence } = await store.read(tenant);
    expect([entitlements.length, sequence]).toEqual([101, 101]);
  });
});
