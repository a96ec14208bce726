import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { makeTable, type Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { startDynamodb } from '../../local/dynamodb.ts';

/** The registry's table as the data stack makes it, in a database of its own. */
export const startRegistryTable = async (): Promise<{ readonly table: Table; readonly stop: () => Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), 'registry-table-'));
  const dynamodb = await startDynamodb({ dataFolder: folder, log: () => {} });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: dynamodb.endpoint, credentials });
  const keys = (prefix: string) => [
    { AttributeName: `${prefix}pk`, KeyType: 'HASH' as const },
    { AttributeName: `${prefix}sk`, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName: 'registry',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['', 'gsi1', 'gsi2'].flatMap((prefix) =>
        keys(prefix).map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })),
      ),
      KeySchema: keys(''),
      GlobalSecondaryIndexes: ['gsi1', 'gsi2'].map((IndexName) => ({
        IndexName,
        KeySchema: keys(IndexName),
        Projection: { ProjectionType: 'ALL' as const },
      })),
    }),
  );
  return {
    table: makeTable(DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }), 'registry'),
    stop: async () => {
      client.destroy();
      await dynamodb.stop();
      rmSync(folder, { recursive: true });
    },
  };
};
