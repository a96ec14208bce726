import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeEventBridgeTeller } from '../../../contexts/shared/adapters/event-bridge-teller.ts';
import type { ModuleEvent } from '../../../contexts/shared/application/announcement.ts';
import { AwsError } from '../../../local/gateway.ts';
import type { Statement } from '../../../local/iam.ts';
import { type ControlPlaneStand, functionOf, roleOf, startControlPlane, until } from '../local/control-plane-stand.ts';

let stand: ControlPlaneStand;

beforeAll(async () => {
  stand = await startControlPlane({
    resources: {
      ...roleOf(),
      Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'suite' } },
      Listening: functionOf('Listening'),
      OnCalendar: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ...{ Name: 'calendar', EventBusName: { Ref: 'Bus' }, EventPattern: { source: ['module.calendar'] } },
          Targets: [{ Id: 'target', Arn: { 'Fn::GetAtt': ['Listening', 'Arn'] } }],
        },
      },
    },
    functions: { Listening: 'note(event);' },
  });
});
afterAll(() => stand.close());

/** As infra/constructs/announcements.ts makes it. */
const mayTell = (module: string): Statement => ({
  ...{ Effect: 'Allow', Action: 'events:PutEvents', Resource: 'arn:aws:events:us-east-1:000000000000:event-bus/suite' },
  Condition: { 'ForAllValues:StringEquals': { 'events:source': `module.${module}` }, Null: { 'events:source': 'false' } },
});

/** The bus as the migrator of a module reaches it. */
const tellAs = (module: string) => {
  const client = new EventBridgeClient({ ...stand.local.client('events', stand.local.as([mayTell(module)])), maxAttempts: 1 });
  return makeEventBridgeTeller(client, 'suite');
};

const event: ModuleEvent = {
  ...{ id: '01K00000000000000000000EVT', name: 'CalendarOpened', module: 'calendar', version: '1.0.0' },
  ...{ tenantId: '01K00000000000000000000TEN', jobId: '01K0000000000000000000J0B1' },
  ...{ at: '2026-01-01T00:00:00.000Z', facts: { timeZone: 'UTC' } },
};

describe('A module’s own event', () => {
  test('reaches those who listen to the module, under its name', async () => {
    await tellAs('calendar')(event);
    const heard = await until(stand.notes, (notes) => notes.length > 0);
    expect(heard).toMatchObject([
      { source: 'module.calendar', 'detail-type': 'CalendarOpened', time: '2026-01-01T00:00:00Z', detail: event },
    ]);
  });

  test('cannot be told in the name of another module, nor of the registry', async () => {
    for (const module of ['finance', 'calendar2'])
      await expect(tellAs(module)(event)).rejects.toMatchObject({ name: 'Defect', facts: { awsError: 'AccessDeniedException' } });
  });

  test('is Unavailable while the bus cannot be reached, or asks to slow down', async () => {
    const tell = tellAs('calendar');
    stand.local.faults.before = () => 'drop';
    await expect(tell(event)).rejects.toMatchObject({ name: 'Unavailable' });
    stand.local.faults.before = () => new AwsError('ThrottlingException', 'slow down');
    await expect(tell(event)).rejects.toMatchObject({ name: 'Unavailable' });
    delete stand.local.faults.before;
    await expect(tell(event)).resolves.toBeUndefined();
  });

  test.each([
    ['ThrottlingException', 'Unavailable'],
    ['MalformedDetail', 'Defect'],
  ])('that the bus does not take with %s is %s', async (ErrorCode, name) => {
    const client = { send: async () => ({ FailedEntryCount: 1, Entries: [{ ErrorCode }] }) };
    await expect(makeEventBridgeTeller(client as unknown as EventBridgeClient, 'suite')(event)).rejects.toMatchObject({ name });
  });
});
