import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type ControlPlaneStand, functionOf, roleOf, startControlPlane, until } from './control-plane-stand.ts';
import { onAws, onlyLocally } from './target.ts';

/**
 * A table's stream, handed to a function. Which batches the service makes cannot be told beforehand, so this suite is of the
 * embedded cloud only; the function goes by what an item says it is to do.
 */
const consumer = `const items = event.Records.map(({ eventName, dynamodb }) => ({ eventName, sequence: dynamodb.SequenceNumber, id: dynamodb.NewImage.pk.S, does: dynamodb.NewImage.does?.S }));
  note({ batch: items.map(({ id }) => id) });
  const tried = (id) => noted().filter((line) => line.batch?.includes(id)).length;
  const poison = items.find(({ does }) => does === 'throw');
  if (poison) throw new Error('poison');
  const failing = items.find(({ id, does }) => does === 'report' && tried(id) < 3);
  return { batchItemFailures: failing ? [{ itemIdentifier: failing.sequence }] : [] };`;

let stand: ControlPlaneStand;

beforeAll(async () => {
  if (onAws) return;
  stand = await startControlPlane({
    resources: {
      ...roleOf(),
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: 'suite',
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
          StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        },
      },
      Consumer: functionOf('Consumer'),
      Failures: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'failures' } },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          FunctionName: { Ref: 'Consumer' },
          EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
          StartingPosition: 'TRIM_HORIZON',
          BatchSize: 10,
          MaximumBatchingWindowInSeconds: 1,
          MaximumRetryAttempts: 3,
          BisectBatchOnFunctionError: true,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          FilterCriteria: {
            Filters: [{ Pattern: JSON.stringify({ eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: ['event'] } } } }) }],
          },
          DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failures', 'Arn'] } } },
        },
      },
    },
    functions: { Consumer: consumer },
  });
});

afterAll(() => stand?.close());

const put = async (id: string, { kind = 'event', does }: { readonly kind?: string; readonly does?: string } = {}): Promise<void> => {
  await stand.dynamodb.send(
    new PutItemCommand({ TableName: 'suite', Item: { pk: { S: id }, kind: { S: kind }, ...(does ? { does: { S: does } } : {}) } }),
  );
};

/** The window is of the cloud's clock. */
const afterWindow = (): void => stand.local.clock.advance(1_100);

const batches = (): readonly (readonly string[])[] => stand.notes().map((note) => (note as { readonly batch: readonly string[] }).batch);
const batchesWith = (id: string): Promise<readonly (readonly string[])[]> =>
  until(
    () => {
      afterWindow();
      return batches().filter((batch) => batch.includes(id));
    },
    ({ length }) => length > 0,
  );

describe('A stream’s records', () => {
  onlyLocally('come in order, those together that came within the window, and only what the filter wants', async () => {
    await put('a1');
    await put('a2', { kind: 'other' });
    await put('a3');
    await put('a1');
    const [batch] = await batchesWith('a3');
    expect(batch).toEqual(['a1', 'a3']);
  });

  onlyLocally('come again from the first that failed', async () => {
    for (const id of ['b1', 'b2', 'b3']) await put(id, id === 'b2' ? { does: 'report' } : {});
    await batchesWith('b3');
    const all = await until(
      () => batches().filter((batch) => batch.includes('b2')),
      ({ length }) => length >= 3,
    );
    expect(all).toEqual([
      ['b1', 'b2', 'b3'],
      ['b2', 'b3'],
      ['b2', 'b3'],
    ]);
  });

  onlyLocally('are halved when the function throws; the one that cannot be taken goes to the queue, the others do not', async () => {
    for (const id of ['c1', 'c2', 'c3', 'c4']) await put(id, id === 'c3' ? { does: 'throw' } : {});
    await batchesWith('c4');
    const client = new SQSClient(stand.local.client('sqs'));
    const QueueUrl = `${stand.local.gateway.url}/sqs/000000000000/failures`;
    const received = await until(
      async () => (await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }))).Messages ?? [],
      ({ length }) => length > 0,
    );
    expect(JSON.parse(received[0]?.Body ?? '{}')).toMatchObject({ batchSize: 1 });
    expect(batches()).toEqual(expect.arrayContaining([['c1', 'c2', 'c3', 'c4'], ['c1', 'c2'], ['c3'], ['c4']]));
  });

  onlyLocally('go on after a restart where they stood', async () => {
    await put('d1');
    await batchesWith('d1');
    await stand.restart();
    await put('d2');
    const [batch] = await batchesWith('d2');
    expect(batch).toEqual(['d2']);
    expect(batches().filter((one) => one.includes('a1'))).toHaveLength(1);
  });
});
