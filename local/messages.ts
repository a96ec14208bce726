import { createHash, randomUUID } from 'node:crypto';
import type { LocalClock } from './clock.ts';
import { AwsError, authorize, queryOperation, type Service, targetOperation } from './gateway.ts';
import type { Template } from './template.ts';

/** SQS queues and SNS topics of the template, in memory: what lies in them is for operators and tests to look at. */

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAt: Date;
}

export interface Messages {
  readonly services: readonly Service[];
  /** By ARN. */
  readonly send: (queueArn: string, body: string) => void;
  /** By ARN. */
  readonly publish: (topicArn: string, body: string) => Message;
  /** What was published to a topic so far, oldest first. */
  readonly published: (topicArn: string) => readonly Message[];
}

interface Queued extends Message {
  visibleAt: number;
  receipt: string;
  received: number;
}

/** The SDK refuses an answer without it. */
const md5 = (body: string): string => createHash('md5').update(body).digest('hex');

const keptMax = 10_000;
const receivedMax = 10;
const visibilitySecondsDefault = 30;
const retentionSecondsDefault = 4 * 86_400;

interface Queue {
  readonly url: string;
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  readonly messages: Queued[];
}

const readQueues = (template: Template): ReadonlyMap<string, Queue> =>
  new Map(
    template.ofType('AWS::SQS::Queue').map(({ ref, attribute, properties }) => [
      String(attribute('Arn')),
      {
        url: ref,
        visibilitySeconds: Number(properties['VisibilityTimeout'] ?? visibilitySecondsDefault),
        retentionSeconds: Number(properties['MessageRetentionPeriod'] ?? retentionSecondsDefault),
        messages: [],
      },
    ]),
  );

export const makeMessages = (template: Template, clock: LocalClock): Messages => {
  const queues = readQueues(template);
  const topics = new Map(template.ofType('AWS::SNS::Topic').map(({ ref }) => [ref, [] as Message[]]));
  const message = (body: string): Message => ({ id: randomUUID(), body, sentAt: clock.now() });

  const send: Messages['send'] = (queueArn, body) => {
    const queue = queues.get(queueArn);
    if (!queue) throw new AwsError('QueueDoesNotExist', `there is no queue ${queueArn}`);
    queue.messages.push({ ...message(body), visibleAt: 0, receipt: '', received: 0 });
    queue.messages.splice(0, queue.messages.length - keptMax);
  };
  const publish: Messages['publish'] = (topicArn, body) => {
    const topic = topics.get(topicArn);
    if (!topic) throw new AwsError('NotFound', `there is no topic ${topicArn}`, { status: 404 });
    const published = message(body);
    topic.push(published);
    topic.splice(0, topic.length - keptMax);
    return published;
  };
  const queueAt = (url: unknown): readonly [string, Queue] => {
    const found = [...queues].find(([arn, queue]) => queue.url === url || arn.endsWith(`:${String(url).split('/').at(-1)}`));
    if (!found) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return found;
  };
  const now = (): number => clock.now().getTime();
  const forget = ({ messages, retentionSeconds }: Queue): void => {
    const oldest = now() - retentionSeconds * 1000;
    messages.splice(0, messages.findLastIndex(({ sentAt }) => sentAt.getTime() < oldest) + 1);
  };
  const isVisible = ({ visibleAt }: Queued): boolean => visibleAt <= now();
  const hand = (queued: Queued, seconds: number) => {
    queued.receipt = randomUUID();
    queued.received += 1;
    queued.visibleAt = now() + seconds * 1000;
    const Attributes = { ApproximateReceiveCount: String(queued.received), SentTimestamp: String(queued.sentAt.getTime()) };
    return { MessageId: queued.id, ReceiptHandle: queued.receipt, Body: queued.body, MD5OfBody: md5(queued.body), Attributes };
  };
  const operations: Readonly<Record<string, (queueArn: string, queue: Queue, input: Readonly<Record<string, unknown>>) => unknown>> = {
    SendMessage: (queueArn, { messages }, { MessageBody }) => {
      send(queueArn, String(MessageBody));
      return { MessageId: messages.at(-1)?.id, MD5OfMessageBody: md5(String(MessageBody)) };
    },
    ReceiveMessage: (_, { messages, visibilitySeconds }, { MaxNumberOfMessages = 1, VisibilityTimeout = visibilitySeconds }) => {
      const count = Number(MaxNumberOfMessages);
      if (!(count >= 1 && count <= receivedMax))
        throw new AwsError('InvalidParameterValue', `MaxNumberOfMessages is ${count}, must be between 1 and ${receivedMax}`);
      const handed = messages.filter(isVisible).slice(0, count);
      return { Messages: handed.map((queued) => hand(queued, Number(VisibilityTimeout))) };
    },
    DeleteMessage: (_, { messages }, { ReceiptHandle }) => {
      const index = messages.findIndex(({ receipt }) => receipt === ReceiptHandle);
      if (index >= 0) messages.splice(index, 1);
      return {};
    },
    PurgeQueue: (_, { messages }) => {
      messages.length = 0;
      return {};
    },
    GetQueueAttributes: (QueueArn, { messages }) => {
      const visible = messages.filter(isVisible).length;
      const inFlight = messages.length - visible;
      return {
        Attributes: { QueueArn, ApproximateNumberOfMessages: String(visible), ApproximateNumberOfMessagesNotVisible: String(inFlight) },
      };
    },
  };
  const sqs: Service = {
    name: 'sqs',
    protocol: 'json-1.0',
    operationOf: targetOperation,
    handle: async ({ operation, input, caller }) => {
      const asked = input as Readonly<Record<string, unknown>>;
      const run = operations[operation];
      if (!run) throw new AwsError('UnknownOperationException', `the operation ${operation} is not supported locally`);
      const [arn, queue] = queueAt(asked['QueueUrl']);
      authorize(caller, `sqs:${operation}`, arn);
      forget(queue);
      return { output: run(arn, queue, asked) };
    },
  };
  const sns: Service = {
    name: 'sns',
    protocol: 'query',
    operationOf: queryOperation,
    handle: async ({ operation, input, caller }) => {
      const { TopicArn = '', Message: body = '' } = input as Readonly<Record<string, string>>;
      if (operation !== 'Publish') throw new AwsError('UnknownOperationException', `the operation ${operation} is not supported locally`);
      authorize(caller, 'sns:Publish', TopicArn, { code: 'AuthorizationError', status: 403 });
      if (body === '') throw new AwsError('InvalidParameter', 'Invalid parameter: Empty message');
      return { output: { MessageId: publish(TopicArn, body).id } };
    },
  };
  return { services: [sqs, sns], send, publish, published: (topicArn) => topics.get(topicArn) ?? [] };
};
