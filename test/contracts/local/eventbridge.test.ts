import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlaneStand, functionOf, roleOf, startControlPlane, until } from './control-plane-stand.ts';
import { awsClient, given, onAws, onlyLocally } from './target.ts';

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
                RetryPolicy: { MaximumRetryAttempts: 1 },
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
        Ticking: 'note({ tick: event.source });',
      },
    });
  client = new EventBridgeClient(stand ? stand.local.client('events') : awsClient());
});

afterAll(() => stand?.close());

const put = (...entries: readonly { readonly DetailType: string; readonly Detail?: unknown; readonly EventBusName?: string }[]) =>
  client.send(
    new PutEventsCommand({
      Entries: entries.map(({ Detail = {}, ...entry }) => ({
        EventBusName: busName(),
        Source: 'registry',
        ...entry,
        Detail: JSON.stringify(Detail),
      })),
    }),
  );

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

  onlyLocally('says which entry it did not take, and takes the others', async () => {
    const { Entries = [], FailedEntryCount } = await put({ DetailType: 'One', EventBusName: 'nobody' }, { DetailType: 'Two' });
    expect(FailedEntryCount).toBe(1);
    expect([Entries[0]?.ErrorCode, Entries[1]?.ErrorCode]).toEqual(['ResourceNotFoundException', undefined]);
  });

  onlyLocally('hands what fits a rule’s pattern to its target, in an envelope', async () => {
    await put(
      { DetailType: 'ModuleInstalled', Detail: { tenant: 'globex', attempt: 2 } },
      { DetailType: 'ModuleInstalled', Detail: { tenant: 'acme', attempt: 1 } },
      { DetailType: 'TenantProvisioned', Detail: { tenant: 'acme', attempt: 2 } },
      { DetailType: 'ModuleInstalled', Detail: { tenant: 'acme', attempt: 2 } },
    );
    const seen = await until(
      () => notesOf('installed'),
      ({ length }) => length > 0,
    );
    expect(seen).toEqual([
      expect.objectContaining({
        source: 'registry',
        'detail-type': 'ModuleInstalled',
        detail: { tenant: 'acme', attempt: 2 },
        account: '000000000000',
      }),
    ]);
  });

  onlyLocally('tries a target that fails again, then leaves the event in the queue; another target has it all the same', async () => {
    const { Entries = [] } = await put({ DetailType: 'Fails' });
    const published = await until(
      () => stand?.messages.published('arn:aws:sns:us-east-1:000000000000:notices') ?? [],
      ({ length }) => length > 0,
    );
    expect(JSON.parse(published[0]?.body ?? '{}')).toMatchObject({ id: Entries[0]?.EventId });
    const tries = await until(
      () => notesOf('failing'),
      ({ length }) => length >= 2,
    );
    expect(tries).toEqual([Entries[0]?.EventId, Entries[0]?.EventId]);
  });
});

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
  expect([first, second]).toEqual([['aws.events'], ['aws.events', 'aws.events']]);
});
