import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlaneStand, startControlPlane } from './control-plane-stand.ts';
import { allow, awsClient, given, onAws, onlyLocally } from './target.ts';

/** On AWS: CONFORMANCE_TOPIC_ARN. Deliveries are not made locally: what was published is kept to be looked at. */

let stand: ControlPlaneStand | undefined;
let client: SNSClient;
let TopicArn: string;

beforeAll(async () => {
  if (!onAws)
    stand = await startControlPlane({
      resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'suite' } } },
      functions: {},
    });
  TopicArn = stand ? 'arn:aws:sns:us-east-1:000000000000:suite' : given('CONFORMANCE_TOPIC_ARN');
  client = new SNSClient(stand ? stand.local.client('sns') : awsClient());
});

afterAll(() => stand?.close());

const publish = (Message: string, topic = TopicArn, as = client) => as.send(new PublishCommand({ TopicArn: topic, Message }));

describe('A topic', () => {
  test('answers each message with an id of its own', async () => {
    const [first, second] = [await publish('Ärger & co'), await publish('two')];
    expect(first.MessageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.MessageId).not.toBe(first.MessageId);
  });

  test('that does not exist is refused', async () => {
    await expect(publish('x', `${TopicArn}-nobody`)).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test('refuses an empty message', async () => {
    await expect(publish('')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  onlyLocally('keeps what was published, in order and as it was written', async () => {
    const { MessageId } = await publish('a=1&b=<2>');
    expect(stand?.messages.published(TopicArn).at(-1)).toMatchObject({ id: MessageId, body: 'a=1&b=<2>' });
  });

  onlyLocally('is closed to who may not', async () => {
    if (!stand) throw new Error('no stand');
    const stranger = new SNSClient(stand.local.client('sns', stand.local.as([allow('sns:Publish', `${TopicArn}-other`)])));
    await expect(publish('x', TopicArn, stranger)).rejects.toMatchObject({ name: 'AuthorizationErrorException' });
  });
});
