import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ControlPlaneStand, startControlPlane } from './control-plane-stand.ts';
import { allow, awsClient, given, onAws, onlyLocally } from './target.ts';

/** On AWS: CONFORMANCE_QUEUE_URL, a standard queue that nobody else uses. */

let stand: ControlPlaneStand | undefined;
let client: SQSClient;
let QueueUrl: string;

beforeAll(async () => {
  if (!onAws)
    stand = await startControlPlane({
      resources: {
        Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'suite', VisibilityTimeout: 60, MessageRetentionPeriod: 600 } },
      },
      functions: {},
    });
  QueueUrl = stand ? `${stand.local.gateway.url}/sqs/000000000000/suite` : given('CONFORMANCE_QUEUE_URL');
  client = new SQSClient(stand ? stand.local.client('sqs') : awsClient());
});

afterAll(() => stand?.close());

beforeEach(async () => {
  if (!onAws) await client.send(new PurgeQueueCommand({ QueueUrl }));
});

const send = (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const receive = async (more: object = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: onAws ? 5 : 0, ...more }))).Messages ?? [];

describe('A queue', () => {
  test('gives a message to one receiver, with its id and a receipt', async () => {
    const { MessageId } = await send('hello');
    const [message, ...others] = await receive({ MaxNumberOfMessages: 10 });
    expect(message).toMatchObject({ MessageId, Body: 'hello', ReceiptHandle: expect.any(String) });
    expect(others).toEqual([]);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  });

  test('keeps a message that was received and not deleted out of sight, and has none once it was deleted', async () => {
    await send('once');
    const [first] = await receive({ VisibilityTimeout: 30 });
    expect(await receive({ WaitTimeSeconds: 0 })).toEqual([]);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    expect(await receive({ WaitTimeSeconds: 0 })).toEqual([]);
  });

  test('that does not exist is refused by name', async () => {
    const missing = QueueUrl.replace(/[^/]+$/, 'nobody-made-this-one');
    await expect(client.send(new SendMessageCommand({ QueueUrl: missing, MessageBody: 'x' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });

  onlyLocally('shows a message again when its time out of sight is over', async () => {
    await send('again');
    const [first] = await receive({ VisibilityTimeout: 30 });
    stand?.local.clock.advance(31_000);
    const [second] = await receive();
    expect([second?.MessageId, second?.ReceiptHandle === first?.ReceiptHandle]).toEqual([first?.MessageId, false]);
    stand?.local.clock.advance(31_000);
    expect(await receive()).toEqual([]);
    stand?.local.clock.advance(30_000);
    const [third] = await receive({ MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect(third).toMatchObject({ MessageId: first?.MessageId, Attributes: { ApproximateReceiveCount: '3' } });
  });

  onlyLocally('forgets a message when the time is over for which it is kept', async () => {
    await send('old');
    stand?.local.clock.advance(601_000);
    expect(await receive()).toEqual([]);
  });

  test('gives at most ten messages at once', async () => {
    await expect(receive({ MaxNumberOfMessages: 11 })).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });

  onlyLocally('knows how many messages lie in it, and how many of them are out of sight', async () => {
    for (const body of ['one', 'two', 'three']) await send(body);
    await receive();
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '2',
      ApproximateNumberOfMessagesNotVisible: '1',
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:suite',
    });
  });

  onlyLocally('is closed to who may not', async () => {
    if (!stand) throw new Error('no stand');
    const reader = new SQSClient(stand.local.client('sqs', stand.local.as([allow('sqs:ReceiveMessage', '*')])));
    await expect(reader.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});
