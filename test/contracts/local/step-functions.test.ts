import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlaneStand, functionOf, roleOf, startControlPlane, until } from './control-plane-stand.ts';
import { awsClient, given, onAws, onlyLocally } from './target.ts';

/**
 * On AWS: CONFORMANCE_MACHINE_ARN, a Standard machine as `definition` below whose function is `worker`, and
 * CONFORMANCE_WORKER, that function's name.
 */
const worker = `if (event.fail) throw named(event.fail, 'it failed as it was told');
  if (event.failOnce && !noted().includes(event.failOnce)) { note(event.failOnce); throw named('Unavailable', 'not just now'); }
  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  return { done: true, event };`;

const task = (next: string) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: onAws ? given('CONFORMANCE_WORKER') : 'Worker', 'Payload.$': '$' },
  ResultSelector: { 'answer.$': '$.Payload' },
  ResultPath: '$.work',
  TimeoutSeconds: 30,
  Retry: [{ ErrorEquals: ['Unavailable'], IntervalSeconds: 1, MaxAttempts: 2 }],
  Catch: [{ ErrorEquals: ['Defect'], ResultPath: '$.error', Next: 'Undone' }],
  Next: next,
});

const definition = {
  StartAt: 'Work',
  States: {
    Work: task('Worked'),
    Worked: { Type: 'Choice', Choices: [{ Variable: '$.work.answer.done', BooleanEquals: true, Next: 'Done' }], Default: 'Undone' },
    Done: { Type: 'Succeed' },
    Undone: { Type: 'Fail', Error: 'Undone', Cause: 'a defect was caught' },
  },
};

let stand: ControlPlaneStand | undefined;
let client: SFNClient;
let stateMachineArn: string;
let runs = 0;

beforeAll(async () => {
  stateMachineArn = onAws ? given('CONFORMANCE_MACHINE_ARN') : 'arn:aws:states:us-east-1:000000000000:stateMachine:suite';
  if (!onAws)
    stand = await startControlPlane({
      resources: {
        ...roleOf(),
        Worker: functionOf('Worker', { Timeout: 20 }),
        Listener: functionOf('Listener'),
        Machine: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: {
            StateMachineName: 'suite',
            RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
            DefinitionS3Location: { Bucket: 'assets', Key: 'suite.asl.json' },
          },
        },
        Ended: {
          Type: 'AWS::Events::Rule',
          Properties: {
            Name: 'ended',
            EventPattern: { source: ['aws.states'], detail: { status: ['FAILED', 'ABORTED', 'TIMED_OUT'] } },
            Targets: [{ Id: 'listener', Arn: { 'Fn::GetAtt': ['Listener', 'Arn'] } }],
          },
        },
      },
      functions: { Worker: worker, Listener: 'note({ status: event.detail.status, name: event.detail.name });' },
      definitions: { 'suite.asl.json': definition },
    });
  client = new SFNClient(stand ? stand.local.client('states') : awsClient());
});

afterAll(() => stand?.close());

const newName = (): string => {
  runs += 1;
  return `suite-${Date.now()}-${runs}`;
};

const start = (input: unknown, name = newName()) =>
  client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));

const describeIt = (executionArn = '') => client.send(new DescribeExecutionCommand({ executionArn }));

const ended = async (executionArn = '') =>
  until(
    () => describeIt(executionArn),
    ({ status }) => status !== 'RUNNING',
  );

describe('An execution', () => {
  test('runs its machine to the end and keeps its output', async () => {
    const { executionArn, startDate } = await start({ text: 'hello' });
    const { status, output, input, name, stopDate } = await ended(executionArn);
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '{}')).toMatchObject({ text: 'hello', work: { answer: { done: true } } });
    expect(JSON.parse(input ?? '{}')).toEqual({ text: 'hello' });
    expect(executionArn).toBe(`${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`);
    expect(Number(stopDate)).toBeGreaterThanOrEqual(Number(startDate));
  });

  test('that fails keeps error and cause', async () => {
    const { executionArn } = await start({ fail: 'Defect' });
    expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'Undone', cause: 'a defect was caught' });
  });

  test('retries an error by its name, and fails with one that nobody catches', async () => {
    const retried = await start({ failOnce: newName() });
    const uncaught = await start({ fail: 'Malformed' });
    expect((await ended(retried.executionArn)).status).toBe(onAws ? 'FAILED' : 'SUCCEEDED');
    expect(await ended(uncaught.executionArn)).toMatchObject({ status: 'FAILED', error: 'Malformed' });
  });

  test('is the same one when it is started again under its name with the same input, and refused with another', async () => {
    const name = newName();
    const first = await start({ sleep: 1_500 }, name);
    const again = await start({ sleep: 1_500 }, name);
    expect(again.executionArn).toBe(first.executionArn);
    await expect(start({ sleep: 1 }, name)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await ended(first.executionArn);
    await expect(start({ sleep: 1_500 }, name)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  test('that is stopped is ABORTED with the error and cause it was given', async () => {
    const { executionArn } = await start({ sleep: 5_000 });
    const { stopDate } = await client.send(new StopExecutionCommand({ executionArn, error: 'TakenOver', cause: 'its lease ran out' }));
    expect(stopDate).toBeInstanceOf(Date);
    expect(await describeIt(executionArn)).toMatchObject({ status: 'ABORTED', error: 'TakenOver', cause: 'its lease ran out' });
  });

  test('is listed by its status, and its history names the states it entered', async () => {
    const { executionArn } = await start({});
    await ended(executionArn);
    const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'SUCCEEDED' }));
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(executions.map((one) => one.executionArn)).toContain(executionArn);
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['ExecutionStarted', 'TaskStateEntered', 'ExecutionSucceeded']));
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  });

  test('that does not exist is refused by name, and so is a machine', async () => {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:nobody`;
    await expect(describeIt(executionArn)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    await expect(client.send(new StopExecutionCommand({ executionArn }))).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    await expect(client.send(new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}-nobody` }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
  });

  onlyLocally('whose end was a failure is told to rules, one that succeeded is not', async () => {
    const name = newName();
    await ended((await start({}, `${name}-fine`)).executionArn);
    await ended((await start({ fail: 'Defect' }, name)).executionArn);
    const notes = await until(
      () => stand?.notes() ?? [],
      (seen) => JSON.stringify(seen).includes(`"${name}"`),
    );
    expect(notes).toContainEqual({ status: 'FAILED', name });
    expect(JSON.stringify(notes)).not.toContain(`${name}-fine`);
  });

  onlyLocally('that a crash cut off is ABORTED once the engine is back, and rules hear of it', async () => {
    const name = newName();
    const { executionArn } = await start({ sleep: 5_000 }, name);
    await stand?.restart();
    expect(await describeIt(executionArn)).toMatchObject({ status: 'ABORTED', error: 'EngineLost' });
    expect(
      await until(
        () => stand?.notes() ?? [],
        (seen) => JSON.stringify(seen).includes(name),
      ),
    ).toContainEqual({ status: 'ABORTED', name });
  });
});
