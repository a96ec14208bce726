import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  CreateBackupCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Dynamodb, startDynamodb } from '../../../local/dynamodb.ts';
import { makeDynamodbServices } from '../../../local/dynamodb-service.ts';
import { AwsError } from '../../../local/gateway.ts';
import { isAlive } from '../../../local/processes.ts';
import { allow, awsClient, type LocalTarget, onAws, onlyLocally, startLocal } from './target.ts';

const folder = mkdtempSync(join(tmpdir(), 'dynamodb-'));
chmodSync(folder, 0o711);
const TableName = `conformance-${randomUUID().slice(0, 8)}`;
const arn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
let database: Dynamodb;
let local: LocalTarget;
let client: DynamoDBClient;

beforeAll(async () => {
  if (!onAws) {
    database = await startDynamodb({ dataFolder: folder, endpoint: process.env['DYNAMODB_ENDPOINT'], log: () => {} });
    local = await startLocal(() => makeDynamodbServices(database.endpoint));
  }
  client = new DynamoDBClient(onAws ? awsClient() : local.client('dynamodb'));
  const string = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'gsi1pk'].map(string),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        { IndexName: 'gsi1', KeySchema: [{ AttributeName: 'gsi1pk', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName });
});
afterAll(async () => {
  try {
    await client.send(new DeleteTableCommand({ TableName }));
  } finally {
    await local?.gateway.close();
    await database?.stop();
    rmSync(folder, { recursive: true });
  }
});

const key = (pk: string, sk = 'A') => ({ pk: { S: pk }, sk: { S: sk } });
const put = (pk: string, more: object = {}, sk = 'A') => client.send(new PutItemCommand({ TableName, Item: { ...key(pk, sk), ...more } }));
const get = async (pk: string) => (await client.send(new GetItemCommand({ TableName, Key: key(pk), ConsistentRead: true }))).Item;
const create = (pk: string) => ({ Put: { TableName, Item: key(pk), ConditionExpression: 'attribute_not_exists(pk)' } });

describe('An item', () => {
  test('is read as it was written', async () => {
    await put('written', { n: { N: '1.50' }, list: { L: [{ BOOL: true }, { NULL: true }] } });
    expect(await get('written')).toEqual({ ...key('written'), n: { N: '1.5' }, list: { L: [{ BOOL: true }, { NULL: true }] } });
  });

  test('that loses its condition is answered with what stands there', async () => {
    await put('conditional', { owner: { S: 'first' } });
    const lost = client.send(
      new UpdateItemCommand({
        TableName,
        Key: key('conditional'),
        UpdateExpression: 'SET #o = :o',
        ConditionExpression: '#o = :o',
        ExpressionAttributeNames: { '#o': 'owner' },
        ExpressionAttributeValues: { ':o': { S: 'second' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    await expect(lost).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: { owner: { S: 'first' } } });
  });

  test('is found by a sparse index as long as it has the key', async () => {
    await put('sparse', { gsi1pk: { S: 'OPEN' } });
    const open = () =>
      client.send(
        new QueryCommand({
          TableName,
          IndexName: 'gsi1',
          KeyConditionExpression: 'gsi1pk = :k',
          ExpressionAttributeValues: { ':k': { S: 'OPEN' } },
        }),
      );
    expect((await open()).Count).toBe(1);
    const Statements = [
      { Statement: `UPDATE "${TableName}" REMOVE gsi1pk WHERE pk = ? AND sk = ?`, Parameters: [{ S: 'sparse' }, { S: 'A' }] },
    ];
    await client.send(new BatchExecuteStatementCommand({ Statements }));
    expect((await open()).Count).toBe(0);
  });

  test('comes in pages, each beginning where the last one ended', async () => {
    await Promise.all(['1', '2', '3'].map((sk) => put('paged', {}, sk)));
    const page = (ExclusiveStartKey?: Record<string, { S: string }>) =>
      client.send(
        new QueryCommand({
          TableName,
          Limit: 2,
          KeyConditionExpression: 'pk = :k',
          ExpressionAttributeValues: { ':k': { S: 'paged' } },
          ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
        }),
      );
    const first = await page();
    const second = await page(first.LastEvaluatedKey as Record<string, { S: string }>);
    expect([...(first.Items ?? []), ...(second.Items ?? [])].map((item) => item['sk']?.S)).toEqual(['1', '2', '3']);
    expect(second.LastEvaluatedKey).toBeUndefined();
  });

  test('may be absent from a batch', async () => {
    await put('batched');
    const Keys = [key('batched'), key('not-there')];
    const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }));
    expect([Responses?.[TableName], UnprocessedKeys]).toEqual([[key('batched')], {}]);
  });
});

describe('A transaction', () => {
  test('happens as a whole or not at all, and says which condition did not hold', async () => {
    await client.send(new TransactWriteItemsCommand({ TransactItems: [create('taken')] }));
    const lost = client.send(new TransactWriteItemsCommand({ TransactItems: [create('free'), create('taken')] }));
    await expect(lost).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    });
    expect(await get('free')).toBeUndefined();
  });

  test('with one token happens once', async () => {
    const add = {
      Update: { TableName, Key: key('counted'), UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } },
    };
    const twice = new TransactWriteItemsCommand({ TransactItems: [add], ClientRequestToken: randomUUID() });
    await client.send(twice);
    await client.send(twice);
    expect((await get('counted'))?.['n']).toEqual({ N: '1' });
  });
});

describe('The stream', () => {
  test('has an item’s changes in their order', async () => {
    await put('streamed', { n: { N: '1' } });
    await put('streamed', { n: { N: '2' } });
    await client.send(new DeleteItemCommand({ TableName, Key: key('streamed') }));
    const streams = new DynamoDBStreamsClient(onAws ? awsClient() : local.client('streams'));
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    const StreamArn = Table?.LatestStreamArn;
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    const seen: string[] = [];
    for (const { ShardId } of StreamDescription?.Shards ?? []) {
      const { ShardIterator } = await streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
      const { Records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator }));
      const ours = Records.filter(({ dynamodb }) => dynamodb?.Keys?.['pk']?.S === 'streamed');
      seen.push(...ours.map(({ eventName, dynamodb }) => `${eventName} ${dynamodb?.NewImage?.['n']?.N ?? '-'}`));
    }
    expect(seen).toEqual(['INSERT 1', 'MODIFY 2', 'REMOVE -']);
  });

  onlyLocally('is named in our region and account', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect([Table?.TableArn, Table?.LatestStreamArn?.startsWith(`${arn}/stream/`)]).toEqual([arn, true]);
  });
});

describe('The policy of a session', () => {
  const as = (...statements: Parameters<LocalTarget['as']>[0]) => new DynamoDBClient(local.client('dynamodb', local.as(statements)));

  onlyLocally('is checked for the table, and for an index apart from it', async () => {
    const reader = as(allow(['dynamodb:GetItem', 'dynamodb:Query'], arn));
    await reader.send(new GetItemCommand({ TableName, Key: key('x') }));
    const query = { TableName, IndexName: 'gsi1', KeyConditionExpression: 'gsi1pk = :k', ExpressionAttributeValues: { ':k': { S: 'x' } } };
    await expect(reader.send(new QueryCommand(query))).rejects.toThrow(`dynamodb:Query on resource: ${arn}/index/gsi1`);
    await expect(reader.send(new PutItemCommand({ TableName, Item: key('x') }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  onlyLocally('is checked for every write of a transaction', async () => {
    const writer = as(allow(['dynamodb:PutItem'], arn));
    await writer.send(new TransactWriteItemsCommand({ TransactItems: [create(randomUUID())] }));
    const check = { ConditionCheck: { TableName, Key: key('x'), ConditionExpression: 'attribute_not_exists(pk)' } };
    const both = writer.send(new TransactWriteItemsCommand({ TransactItems: [create(randomUUID()), check] }));
    await expect(both).rejects.toThrow('dynamodb:ConditionCheckItem');
  });

  onlyLocally('may be for items of some partitions only, and says nothing of a query', async () => {
    const ours = {
      ...allow(['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'], arn),
      Condition: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['OURS#*'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    };
    const writer = as(ours);
    const [own, other] = [key(`OURS#${randomUUID()}`), key('THEIRS#1')];
    await writer.send(new PutItemCommand({ TableName, Item: own }));
    await writer.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: own } }] }));
    await writer.send(
      new UpdateItemCommand({ TableName, Key: own, UpdateExpression: 'SET a = :a', ExpressionAttributeValues: { ':a': { S: 'a' } } }),
    );
    const denied = { name: 'AccessDeniedException' };
    await expect(writer.send(new PutItemCommand({ TableName, Item: other }))).rejects.toMatchObject(denied);
    const both = [own, other].map((Item) => ({ Put: { TableName, Item } }));
    await expect(writer.send(new TransactWriteItemsCommand({ TransactItems: both }))).rejects.toMatchObject(denied);
    const query = { TableName, KeyConditionExpression: 'pk = :k', ExpressionAttributeValues: { ':k': { S: 'OURS#1' } } };
    await expect(writer.send(new QueryCommand(query))).rejects.toMatchObject(denied);
  });

  onlyLocally('is checked for what a PartiQL statement does', async () => {
    const Statements = [{ Statement: `DELETE FROM "${TableName}" WHERE pk = 'x' AND sk = 'y'` }];
    const denied = as(allow('dynamodb:PartiQLUpdate', arn)).send(new BatchExecuteStatementCommand({ Statements }));
    await expect(denied).rejects.toThrow(`dynamodb:PartiQLDelete on resource: ${arn}`);
  });
});

describe('The gateway', () => {
  onlyLocally('counts requests and units by caller, and does not show what was not asked for', async () => {
    local.counters.reset();
    expect(await put('counted-put', { gsi1pk: { S: 'x' } })).not.toHaveProperty('ConsumedCapacity');
    const asked = await client.send(new GetItemCommand({ TableName, Key: key('counted-put'), ReturnConsumedCapacity: 'TOTAL' }));
    expect(asked.ConsumedCapacity?.CapacityUnits).toBe(0.5);
    expect(local.counters.snapshot().byPrincipal).toEqual({
      administrator: { 'dynamodb.PutItem': { count: 1, units: 2 }, 'dynamodb.GetItem': { count: 1, units: 0.5 } },
    });
    const answer = await fetch(`${local.gateway.url}/counters`, { method: 'DELETE' });
    expect(await answer.json()).toMatchObject({ totals: {}, transitions: 0 });
  });

  onlyLocally('lets a test refuse a request, or lose its answer after it was done', async () => {
    const once = new DynamoDBClient({ ...local.client('dynamodb'), maxAttempts: 1 });
    local.faults.before = ({ operation }) => (operation === 'PutItem' ? new AwsError('ThrottlingException', 'injected') : 'pass');
    await expect(once.send(new PutItemCommand({ TableName, Item: key('faulty') }))).rejects.toMatchObject({ name: 'ThrottlingException' });
    local.faults.before = () => 'pass';
    local.faults.after = ({ operation }) => (operation === 'PutItem' ? 'drop' : 'pass');
    await expect(once.send(new PutItemCommand({ TableName, Item: key('faulty') }))).rejects.toThrow('socket hang up');
    local.faults.after = () => 'pass';
    expect(await get('faulty')).toEqual(key('faulty'));
  });

  onlyLocally('names the operation that it does not know', async () => {
    const backup = client.send(new CreateBackupCommand({ TableName, BackupName: 'backup' }));
    await expect(backup).rejects.toMatchObject({ name: 'UnknownOperationException', message: expect.stringContaining('CreateBackup') });
  });
});

describe('The emulator', () => {
  const elsewhere = join(folder, 'elsewhere');
  const start = () => startDynamodb({ dataFolder: elsewhere, log: () => {} });

  onlyLocally('keeps its index on stream records, without which it slows down with every write', async () => {
    await (await start()).stop();
    const file = new DatabaseSync(join(elsewhere, 'dynamodb.sqlite'), { readOnly: true });
    const plan = file
      .prepare(
        'EXPLAIN QUERY PLAN SELECT * FROM _stream_records WHERE table_name = ? AND CAST(sequence_number AS INTEGER) > ? ORDER BY CAST(sequence_number AS INTEGER)',
      )
      .all('a', 1) as { detail: string }[];
    file.close();
    expect(plan.map(({ detail }) => detail).join()).toMatch(/USING INDEX stream_records_in_order/);
  });

  onlyLocally('is not started twice on one folder, and not for good in one that was left behind', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(`in use by process ${process.pid}`);
    rmSync(join(elsewhere, 'lock'));
    const second = await start();
    expect([isAlive(first.pid ?? 0), isAlive(second.pid ?? 0)]).toEqual([false, true]);
    await second.stop();
  });

  onlyLocally('says what to do where it does not exist, and stands back for an endpoint that is given', async () => {
    await expect(startDynamodb({ dataFolder: elsewhere, log: () => {}, platform: 'darwin-arm64' })).rejects.toThrow(
      /DynamoDB for darwin-arm64 is not installed.*DYNAMODB_ENDPOINT/,
    );
    const given = await startDynamodb({ dataFolder: elsewhere, log: () => {}, endpoint: 'http://localhost:8000/' });
    expect([given.endpoint, given.pid]).toEqual(['http://localhost:8000', undefined]);
  });
});
