// One function that does as it is told, so that the suites of the embedded cloud can see what a function would.
import { setTimeout as sleep } from 'node:timers/promises';

class Unavailable extends Error {
  name = 'Unavailable';
}

let calls = 0;

const acts = {
  echo: (event) => event,
  count: () => ({ calls: ++calls }),
  fail: ({ message }) => {
    throw new Unavailable(message ?? 'not now');
  },
  failUntil: ({ calls: wanted }) => {
    calls += 1;
    if (calls < wanted) throw new Unavailable(`call ${calls} of ${wanted}`);
    const answer = { calls };
    calls = 0;
    return answer;
  },
  exit: () => process.exit(3),
  sleep: async ({ ms }) => {
    await sleep(ms);
    return { slept: ms };
  },
  environment: () => process.env,
  now: () => ({ now: Date.now(), iso: new Date().toISOString() }),
  context: (_, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() }),
  log: ({ line }) => {
    console.log(line);
    return {};
  },
  large: ({ bytes }) => 'x'.repeat(bytes),
  nothing: () => undefined,
  failItems: ({ Records }) => ({
    batchItemFailures: Records.slice(1).map(({ dynamodb }) => ({ itemIdentifier: dynamodb.SequenceNumber })),
  }),
};

export const handler = async (event, context) => {
  const act = acts[event.do ?? process.env.DO ?? 'echo'];
  return act(event, context);
};

/** Answers a custom resource the way CloudFormation asks for it. */
export const custom = async (event) => {
  const { ResponseURL, StackId, RequestId, LogicalResourceId, RequestType, ResourceProperties, OldResourceProperties } = event;
  const failed = ResourceProperties.Fails === 'yes';
  await fetch(ResponseURL, {
    method: 'PUT',
    body: JSON.stringify({
      Status: failed ? 'FAILED' : 'SUCCESS',
      Reason: failed ? 'it was told to fail' : undefined,
      PhysicalResourceId: event.PhysicalResourceId ?? `made-${LogicalResourceId}`,
      StackId,
      RequestId,
      LogicalResourceId,
      Data: { RequestType, Colour: ResourceProperties.Colour, Before: OldResourceProperties?.Colour ?? 'nothing' },
    }),
  });
};

/** Answers HTTP requests with what it was given. */
export const http = async (event) => {
  const { rawPath, queryStringParameters = {} } = event;
  if (queryStringParameters.plain) return { said: 'plain' };
  if (queryStringParameters.binary)
    return { statusCode: 200, headers: { 'content-type': 'image/png' }, body: 'iVBORw0KGgo=', isBase64Encoded: true };
  if (queryStringParameters.fail) throw new Error('broken');
  return {
    statusCode: Number(queryStringParameters.status ?? 200),
    headers: { 'content-type': 'application/json', 'x-path': rawPath },
    cookies: ['a=1', 'b=2'],
    body: JSON.stringify(event),
  };
};
