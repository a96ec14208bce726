import { BatchWriteCommand, type DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

export type Item = Readonly<Record<string, unknown>>;

/** The registry's table, read as it lies there and not through the code under test; written only to set a stage again. */
export interface RegistryReader {
  readonly tenantId: (slug: string) => Promise<string>;
  readonly tenant: (id: string) => Promise<Item | undefined>;
  readonly module: (name: string) => Promise<Item | undefined>;
  readonly tenantModules: (tenantId: string) => Promise<readonly Item[]>;
  readonly job: (id: string) => Promise<Item | undefined>;
  /** Newest first. */
  readonly jobs: (tenantId: string) => Promise<readonly Item[]>;
  /** Of an aggregate such as `JOB#…`, by sequence. */
  readonly events: (aggregate: string) => Promise<readonly Item[]>;
  /** All items of a partition, e.g. of a tenant: what must be as it was. */
  readonly partition: (pk: string) => Promise<readonly Item[]>;
  readonly remove: (pk: string, sk: string) => Promise<void>;
  readonly set: (pk: string, sk: string, attribute: string, value: unknown) => Promise<void>;
}

export const makeRegistryReader = (client: DynamoDBDocumentClient, TableName: string): RegistryReader => {
  const get = async (pk: string, sk: string): Promise<Item | undefined> =>
    (await client.send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true }))).Item;
  const query = async (pk: string, prefix: string): Promise<readonly Item[]> => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ...(prefix === '' ? {} : { ':prefix': prefix }) },
      }),
    );
    return Items;
  };
  return {
    tenantId: async (slug) => String((await get(`SLUG#${slug}`, 'SLUG'))?.['tenantId']),
    tenant: (id) => get(`TENANT#${id}`, 'TENANT'),
    module: (name) => get(`MODULE#${name}`, 'MODULE'),
    tenantModules: (tenantId) => query(`TENANT#${tenantId}`, 'MODULE#'),
    job: (id) => get(`JOB#${id}`, 'JOB'),
    jobs: async (tenantId) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          IndexName: 'gsi2',
          KeyConditionExpression: 'gsi2pk = :tenant',
          ExpressionAttributeValues: { ':tenant': `TENANT#${tenantId}#JOBS` },
          ScanIndexForward: false,
          Limit: 20,
        }),
      );
      return Items;
    },
    events: (aggregate) => query(aggregate, 'EVENT#'),
    partition: (pk) => query(pk, ''),
    remove: async (pk, sk) => {
      await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key: { pk, sk } } }] } }));
    },
    set: async (pk, sk, attribute, value) => {
      await client.send(
        new UpdateCommand({
          TableName,
          Key: { pk, sk },
          UpdateExpression: 'SET #attribute = :value',
          ExpressionAttributeNames: { '#attribute': attribute },
          ExpressionAttributeValues: { ':value': value },
        }),
      );
    },
  };
};
