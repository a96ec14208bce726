import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlaneStand, functionOf, roleOf, startControlPlane, until } from './control-plane-stand.ts';
import { allow, awsClient, given, onAws, onlyLocally } from './target.ts';

/** On AWS: CONFORMANCE_BUS, the name of a bus. What rules do with events is looked at locally only. */
const busName = (): string => (onAws ? given('CONFORMANCE_BUS') : 'suite');

const rule = (properties: Readonly<Record<string, unknown>>, target: string) => ({
  Type: 'AWS::Events::Rule',
  Properties: { ...properties, Targets: [{ Id: 'target', Arn: { 'Fn::GetAtt': [target, 'Arn'] } }] },
});

let stand: ControlPlaneStand | undefined;
let client: EventBridgeClient;

beforeAll(async () => {
  if (!onAws)
    stand = await startControlPlane({
      resources: {
        ...roleOf(),
        Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'suite' } },
        Installed: functionOf('Installed'),
        Failing: functionOf('Failing'),
        Ticking: functionOf('Ticking'),
        Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
        Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'notices' } },
        OnInstalled: rule(
          {
            Name: 'installed',
            EventBusName: { Ref: 'Bus' },
            EventPattern: {
              source: ['registry'],
              'detail-type': [{ prefix: 'Module' }],
              detail: { tenant: ['acme'], attempt: [{ 'anything-but': 1 }] },
            },
          },
          'Installed',
        ),
        Off: rule({ Name: 'off', EventBusName: { Ref: 'Bus' }, EventPattern: { source: ['registry'] }, State: 'DISABLED' }, 'Installed'),
        OnGone: {
          Type: 'AWS::Events::Rule',
          Properties: {
            Name: 'gone',
            EventBusName: { Ref: 'Bus' },
            EventPattern: { 'detail-type': ['Gone'] },
            Targets: [
              {
                Id: 'gone',
                Arn: 'arn:aws:lambda:us-east-1:000000000000:function:nobody',
                DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
              },
            ],
          },
        },
        OnFailing: {
          Type: 'AWS::Events::Rule',
          Properties: {
            Name: 'failing',
            EventBusName: { Ref: 'Bus' },
            EventPattern: { 'detail-type': ['Fails'] },
            Targets: [
              {
                Id: 'failing',
                Arn: { 'Fn::GetAtt': ['Failing', 'Arn'] },
                DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
              },
              { Id: 'topic', Arn: { Ref: 'Topic' } },
            ],
          },
        },
        EveryMinute: {
          Type: 'AWS::Events::Rule',
          Properties: {
            Name: 'ticking',
            ScheduleExpression: 'rate(1 minute)',
            Targets: [{ Id: 'ticking', Arn: { 'Fn::GetAtt': ['Ticking', 'Arn'] } }],
          },
        },
      },
      functions: {
        Installed: 'note({ installed: event });',
        Failing: "note({ failing: event.id }); throw new Error('no');",
        Ticking: 'note({ tick: event.resources });',
      },
    });
  client = new EventBridgeClient(stand ? stand.local.client('events') : awsClient());
});

afterAll(() => stand?.close());

type Entry = Omit<PutEventsRequestEntry, 'Detail'> & { readonly Detail?: unknown };

/** A detail that is text is sent as it is. */
const put = (...entries: readonly Entry[]) =>
  client.send(
    new PutEventsCommand({
      Entries: entries.map(({ Detail = {}, ...entry }) => ({
        EventBusName: busName(),
        Source: 'registry',
        ...entry,
        Detail: typeof Detail === 'string' ? Detail : JSON.stringify(Detail),
      })),
    }),
  );

const dead = async () => {
  const queue = new SQSClient(stand?.local.client('sqs') ?? {});
  const QueueUrl = `${stand?.local.gateway.url}/sqs/000000000000/dead`;
  const { Messages = [] } = await queue.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }));
  return Messages.map(({ Body = '' }) => JSON.parse(Body) as Readonly<Record<string, unknown>>);
};

const notesOf = (key: string): readonly unknown[] =>
  (stand?.notes() ?? []).flatMap((note) => (Object.hasOwn(note as object, key) ? [(note as Readonly<Record<string, unknown>>)[key]] : []));

describe('A bus', () => {
  test('answers each entry with an id', async () => {
    const { Entries = [], FailedEntryCount } = await put({ DetailType: 'One' }, { DetailType: 'Two' });
    expect(FailedEntryCount).toBe(0);
    expect(new Set(Entries.map(({ EventId }) => EventId)).size).toBe(2);
  });

  test('can be described, and one that does not exist cannot', async () => {
    const { Arn } = await client.send(new DescribeEventBusCommand({ Name: busName() }));
    expect(Arn).toMatch(new RegExp(`:event-bus/${busName()}$`));
    await expect(client.send(new DescribeEventBusCommand({ Name: 'nobody-made-this-one' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('says which entries it did not take and why, and takes the others', async () => {
    const { Entries = [], FailedEntryCount } = await put(
      { DetailType: 'One', Detail: '{' },
      { DetailType: 'One', Detail: '[]' },
      { DetailType: '' },
      { DetailType: 'Two', Source: '' },
      { DetailType: 'Two' },
    );
    expect(FailedEntryCount).toBe(4);
    expect(Entries.map(({ ErrorCode, EventId }) => ErrorCode ?? typeof EventId)).toEqual([
      'MalformedDetail',
      'MalformedDetail',
      'InvalidArgument',
      'InvalidArgument',
      'string',
    ]);
  });

  test('takes at most ten entries at once', async () => {
    await expect(put(...Array.from({ length: 11 }, () => ({ DetailType: 'Many' })))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('that does not exist takes events like any other, and nobody hears of them', async () => {
    const { Entries = [], FailedEntryCount } = await put({ DetailType: 'One', EventBusName: 'nobody-made-this-one' });
    expect([FailedEntryCount, typeof Entries[0]?.EventId]).toEqual([0, 'string']);
  });

  onlyLocally('takes of a session whose policy names a source what has that source, and all of a request or nothing', async () => {
    const may = { ...allow('events:PutEvents', '*'), Condition: { StringEquals: { 'events:source': 'registry' } } };
    const session = new EventBridgeClient({ ...stand?.local.client('events', stand.local.as([may])), maxAttempts: 1 });
    const send = (...sources: readonly string[]) =>
      session.send(new PutEventsCommand({ Entries: sources.map((Source) => ({ Source, DetailType: 'One', Detail: '{}' })) }));
    expect((await send('registry')).FailedEntryCount).toBe(0);
    for (const sources of [['another'], ['registry', 'another'], ['']])
      await expect(send(...sources)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    session.destroy();
  });

  onlyLocally('hands what fits a rule’s pattern to its target, in an envelope', async () => {
    await put(
      { DetailType: 'ModuleInstalled', Detail: { tenant: 'globex', attempt: 2 } },
      { DetailType: 'ModuleInstalled', Detail: { tenant: 'acme', attempt: 1 } },
      { DetailType: 'TenantProvisioned', Detail: { tenant: 'acme', attempt: 2 } },
      {
        DetailType: 'ModuleInstalled',
        Detail: { tenant: 'acme', attempt: 2 },
        Time: new Date('2020-02-29T12:00:00Z'),
        Resources: ['arn:aws:s3:::module'],
      },
    );
    const seen = await until(
      () => notesOf('installed'),
      ({ length }) => length > 0,
    );
    expect(seen).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        source: 'registry',
        'detail-type': 'ModuleInstalled',
        detail: { tenant: 'acme', attempt: 2 },
        account: '000000000000',
        region: 'us-east-1',
        time: '2020-02-29T12:00:00Z',
        resources: ['arn:aws:s3:::module'],
      },
    ]);
  });

  onlyLocally('leaves an event in the target’s queue when there is no such target', async () => {
    const { Entries = [] } = await put({ DetailType: 'Gone' });
    expect(await until(dead, ({ length }) => length > 0)).toEqual([expect.objectContaining({ id: Entries[0]?.EventId })]);
  });

  onlyLocally(
    'hands an event to a function once: its failure is Lambda’s to retry, twice, and no matter of the target’s queue',
    async () => {
      const before = await dead();
      const { Entries = [] } = await put({ DetailType: 'Fails' });
      const published = await until(
        () => stand?.messages.published('arn:aws:sns:us-east-1:000000000000:notices') ?? [],
        ({ length }) => length > 0,
      );
      expect(JSON.parse(published[0]?.body ?? '{}')).toMatchObject({ id: Entries[0]?.EventId });
      await until(
        () => notesOf('failing'),
        ({ length }) => length >= 3,
      );
      await sleep(1_000);
      expect(notesOf('failing')).toEqual(Array.from({ length: 3 }, () => Entries[0]?.EventId));
      expect(await dead()).toEqual(before);
    },
  );
});

const ticking = 'arn:aws:events:us-east-1:000000000000:rule/ticking';

onlyLocally('A schedule runs once at the start, and again when the clock has moved by its rate', async () => {
  const first = await until(
    () => notesOf('tick'),
    ({ length }) => length > 0,
  );
  stand?.local.clock.advance(61_000);
  const second = await until(
    () => notesOf('tick'),
    ({ length }) => length > first.length,
  );
  expect([first, second]).toEqual([[[ticking]], [[ticking], [ticking]]]);
});
