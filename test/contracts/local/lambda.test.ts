import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlaneStand, functionOf, roleOf, startControlPlane, until } from './control-plane-stand.ts';
import { allow, awsClient, given, onAws, onlyLocally } from './target.ts';

/**
 * On AWS: CONFORMANCE_FUNCTION, a function whose handler answers `{ event, memory: 'kept' }`, and throws an error of the name
 * and message in `event.throw` when there is one.
 */
const echo = `if (event.throw) throw named(event.throw.name, event.throw.message);
  if (event.exit) process.exit(3);
  if (event.trace) note(event.trace + ' begins');
  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  if (event.trace) note(event.trace + ' ends');
  if (event.note) note(event.note);
  if (event.big) return 'x'.repeat(event.big);
  if (event.fails) { note(event.fails); throw new Error('no'); }
  globalThis.count = (globalThis.count ?? 0) + 1;
  return { event, count: globalThis.count, arn: context.invokedFunctionArn, version: context.functionVersion, remaining: context.getRemainingTimeInMillis() };`;

let stand: ControlPlaneStand | undefined;
let client: LambdaClient;

beforeAll(async () => {
  if (!onAws)
    stand = await startControlPlane({
      resources: {
        ...roleOf(),
        Echo: functionOf('Echo', { Timeout: 1 }),
        EchoVersion: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: 'Echo' } },
        EchoLive: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: 'Echo', FunctionVersion: '1', Name: 'live' } },
      },
      functions: { Echo: echo },
    });
  client = new LambdaClient(stand ? stand.local.client('lambda') : awsClient());
});

afterAll(() => stand?.close());

const invoke = async (event: unknown, more: object = {}, as = client) => {
  const FunctionName = onAws ? given('CONFORMANCE_FUNCTION') : 'Echo';
  const answer = await as.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }));
  const text = answer.Payload?.transformToString() ?? '';
  return { ...answer, payload: text === '' ? undefined : (JSON.parse(text) as Readonly<Record<string, unknown>>) };
};

describe('An invocation', () => {
  test('hands the event over and brings the answer back', async () => {
    const { StatusCode, FunctionError, payload } = await invoke({ text: 'Ärger "quoted" ✓', list: [1, null] });
    expect([StatusCode, FunctionError]).toEqual([200, undefined]);
    expect(payload?.['event']).toEqual({ text: 'Ärger "quoted" ✓', list: [1, null] });
  });

  test('whose function throws says so in a header, with the error’s name and message', async () => {
    const { StatusCode, FunctionError, payload } = await invoke({ throw: { name: 'Contended', message: 'someone was first' } });
    expect([StatusCode, FunctionError]).toEqual([200, 'Unhandled']);
    expect(payload).toMatchObject({ errorType: 'Contended', errorMessage: 'someone was first' });
  });

  test('of a function that does not exist is refused', async () => {
    await expect(client.send(new InvokeCommand({ FunctionName: 'nobody-made-this-one' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 },
    });
  });

  test('of a version or alias that does not exist is refused', async () => {
    await expect(invoke({}, { Qualifier: 'nobody-made-this-one' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('as an event is refused at once when the function does not exist', async () => {
    const event = new InvokeCommand({ FunctionName: 'nobody-made-this-one', InvocationType: 'Event' });
    await expect(client.send(event)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  onlyLocally('as an event is tried twice again when the function fails', async () => {
    await invoke({ fails: 'thrice' }, { InvocationType: 'Event' });
    const tries = (): readonly unknown[] => (stand?.notes() ?? []).filter((note) => note === 'thrice');
    await until(tries, ({ length }) => length >= 3);
    await sleep(500);
    expect(tries()).toHaveLength(3);
  });

  onlyLocally('that is a dry run asks for the right, and runs nothing', async () => {
    const { StatusCode, payload } = await invoke({ note: 'dry' }, { InvocationType: 'DryRun' });
    await invoke({});
    expect([StatusCode, payload, stand?.notes().includes('dry')]).toEqual([204, undefined, false]);
  });

  onlyLocally('whose answer is of more than 6 MB is a failure of the function', async () => {
    const { FunctionError, payload } = await invoke({ big: 6 * 1024 * 1024 + 200 });
    expect([FunctionError, payload?.['errorType']]).toEqual(['Unhandled', 'Function.ResponseSizeTooLarge']);
  });

  onlyLocally('finds a warm environment, and a new one after it exited', async () => {
    const first = await invoke({});
    const second = await invoke({});
    const exited = await invoke({ exit: true });
    const third = await invoke({});
    expect(Number(second.payload?.['count'])).toBe(Number(first.payload?.['count']) + 1);
    expect(exited.payload).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(third.payload?.['count']).toBe(1);
  });

  onlyLocally('ends when its time is up', async () => {
    const { FunctionError, payload } = await invoke({ sleep: 5_000 });
    expect(FunctionError).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringContaining('Task timed out after 1.00 seconds'),
    });
  });

  onlyLocally('knows how it was called, and how much time is left', async () => {
    const { payload, ExecutedVersion } = await invoke({}, { Qualifier: 'live' });
    const unqualified = await invoke({});
    expect(payload).toMatchObject({ arn: 'arn:aws:lambda:us-east-1:000000000000:function:Echo:live', version: '1' });
    expect(unqualified.payload).toMatchObject({ arn: 'arn:aws:lambda:us-east-1:000000000000:function:Echo', version: '$LATEST' });
    expect([ExecutedVersion, unqualified.ExecutedVersion]).toEqual(['1', '$LATEST']);
    expect(Number(payload?.['remaining'])).toBeGreaterThan(0);
  });

  onlyLocally('as an event is answered at once, and made all the same', async () => {
    const { StatusCode, payload } = await invoke({ note: 'later' }, { InvocationType: 'Event' });
    expect([StatusCode, payload]).toEqual([202, undefined]);
    expect(
      await until(
        () => stand?.notes() ?? [],
        (seen) => seen.includes('later'),
      ),
    ).toContain('later');
  });

  onlyLocally('is refused to who may not, by name', async () => {
    if (!stand) throw new Error('no stand');
    const stranger = new LambdaClient(
      stand.local.client('lambda', stand.local.as([allow('lambda:InvokeFunction', 'arn:aws:lambda:*:*:function:Other')])),
    );
    await expect(invoke({}, {}, stranger)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('lambda:InvokeFunction'),
    });
  });

  onlyLocally('of more than 6 MB is refused', async () => {
    await expect(invoke({ text: 'x'.repeat(6 * 1024 * 1024) })).rejects.toMatchObject({ $metadata: { httpStatusCode: 413 } });
  });

  onlyLocally('runs beside others, each in an environment of its own', async () => {
    await Promise.all(['a', 'b', 'c'].map((trace) => invoke({ trace, sleep: 700 })));
    const traced = (stand?.notes() ?? []).filter((note) => /^[abc] /.test(String(note))).map((note) => String(note).split(' ')[1]);
    expect(traced).toEqual(['begins', 'begins', 'begins', 'ends', 'ends', 'ends']);
  });
});
