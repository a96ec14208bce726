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
  readonly publish: (topicArn: string, body: string) => void;
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
const visibilitySeconds = 30;

export const makeMessages = (template: Template, clock: LocalClock): Messages => {
  const queues = new Map(
    template.ofType('AWS::SQS::Queue').map(({ ref, attribute }) => [String(attribute('Arn')), { url: ref, messages: [] as Queued[] }]),
  );
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
    topic.push(message(body));
    topic.splice(0, topic.length - keptMax);
  };
  const queueAt = (url: unknown): readonly [string, { readonly messages: Queued[] }] => {
    const found = [...queues].find(([arn, queue]) => queue.url === url || arn.endsWith(`:${String(url).split('/').at(-1)}`));
    if (!found) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return found;
  };
  const now = (): number => clock.now().getTime();
  const operations: Readonly<Record<string, (queue: string, messages: Queued[], input: Readonly<Record<string, unknown>>) => unknown>> = {
    SendMessage: (queue, messages, { MessageBody }) => {
      send(queue, String(MessageBody));
      return { MessageId: messages.at(-1)?.id, MD5OfMessageBody: md5(String(MessageBody)) };
    },
    ReceiveMessage: (_, messages, { MaxNumberOfMessages = 1, VisibilityTimeout = visibilitySeconds }) => ({
      Messages: messages
        .filter(({ visibleAt }) => visibleAt <= now())
        .slice(0, Number(MaxNumberOfMessages))
        .map((queued) => {
          queued.receipt = randomUUID();
          queued.received += 1;
          queued.visibleAt = now() + Number(VisibilityTimeout) * 1000;
          return { MessageId: queued.id, ReceiptHandle: queued.receipt, Body: queued.body, MD5OfBody: md5(queued.body) };
        }),
    }),
    DeleteMessage: (_, messages, { ReceiptHandle }) => {
      const index = messages.findIndex(({ receipt }) => receipt === ReceiptHandle);
      if (index >= 0) messages.splice(index, 1);
      return {};
    },
    PurgeQueue: (_, messages) => {
      messages.length = 0;
      return {};
    },
    GetQueueAttributes: (queue, messages) => ({ Attributes: { QueueArn: queue, ApproximateNumberOfMessages: String(messages.length) } }),
  };
  const sqs: Service = {
    name: 'sqs',
    protocol: 'json-1.0',
    operationOf: targetOperation,
    handle: async ({ operation, input, caller }) => {
      const asked = input as Readonly<Record<string, unknown>>;
      const run = operations[operation];
      if (!run) throw new AwsError('UnknownOperationException', `the operation ${operation} is not supported locally`);
      const [arn, { messages }] = queueAt(asked['QueueUrl']);
      authorize(caller, `sqs:${operation}`, arn);
      return { output: run(arn, messages, asked) };
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
      publish(TopicArn, body);
      return { output: { MessageId: randomUUID() } };
    },
  };
  return { services: [sqs, sns], send, publish, published: (topicArn) => topics.get(topicArn) ?? [] };
};
