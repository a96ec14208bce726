import { mkdirSync, renameSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalClock } from './clock.ts';
import type { Counters } from './counters.ts';
import { AwsError, authorize, type Faults, type RawRequest, type Service, type Sessions } from './gateway.ts';
import type { PolicyDocument } from './iam.ts';
import { functionArn } from './resource-identity.ts';
import type { Resource, Template } from './template.ts';
import { type Crash, makeWorkerPool, type Outcome, type WorkerPool } from './worker-pool.ts';

/** The functions of the template, each with a pool of workers, and the Lambda API's Invoke over them. */

export interface LambdaOptions {
  readonly template: Template;
  readonly sessions: Sessions;
  readonly counters: Counters;
  readonly clock: LocalClock;
  /** Of every function: endpoints and region. */
  readonly environment: Readonly<Record<string, string>>;
  readonly policiesOf: (roleArn: string) => readonly PolicyDocument[];
  readonly logFolder: string;
  readonly log: (message: string) => void;
  readonly faults?: Pick<Faults, 'invocation'>;
}

export interface Lambda {
  readonly service: Service;
  /** By name, ARN, or the ARN of a version or alias. Rejects with an AwsError when there is no such function. */
  readonly invoke: (nameOrArn: string, payload: string) => Promise<Outcome>;
  /** Invokes later, as for an event: tried again when it fails, then dropped. Throws an AwsError when there is no such function. */
  readonly enqueue: (nameOrArn: string, payload: string) => void;
  /** Ends the workers of a function, by its logical name, that are at work just now; answers how many. */
  readonly crash: (principal: string, how: Crash) => number;
  /** Ends every worker; invocations in flight end like a crash. */
  readonly stop: () => Promise<void>;
}

const sessionSeconds = 6 * 3600;
const payloadBytesMax = 6 * 1024 * 1024;
const answerBytesMax = payloadBytesMax + 100;
const eventRetriesMax = 2;
/** Doubled each time. The service waits for a minute, then for two. */
const eventRetryMilliseconds = 200;
const logBytesMax = 20 * 1024 * 1024;

/** The logical name that counters and logs use: the construct's path without CDK's inner `Function`. */
const principalOf = ({ name }: Resource): string => name.replace(/\/Function$/, '');

export const makeLambda = (options: LambdaOptions): Lambda => {
  const functions = new Map(
    options.template
      .ofType('AWS::Lambda::Function')
      .map((resource) => [resource.ref, { resource, pool: undefined as WorkerPool | undefined }]),
  );
  const versions = versionsOf(options.template);
  mkdirSync(options.logFolder, { recursive: true });
  let stopped = false;

  const find: Find = (nameOrArn) => {
    const arn = functionArn(nameOrArn);
    const [name = '', qualifier = '$LATEST'] = arn.split(':').slice(6);
    const entry = functions.get(name);
    const version = qualifier === '$LATEST' ? qualifier : versions.get(arn);
    if (!entry || version === undefined) throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, { status: 404 });
    return { entry, arn, version };
  };
  const invoke = async (nameOrArn: string, payload: string): Promise<Outcome> => {
    const { entry, arn, version } = find(nameOrArn);
    if (stopped) throw new AwsError('ServiceException', 'the embedded cloud is stopping', { status: 500 });
    if (Buffer.byteLength(payload) > payloadBytesMax)
      throw new AwsError('RequestTooLargeException', 'the payload is larger than 6 MB', { status: 413 });
    entry.pool ??= startPool(entry.resource, options);
    const principal = principalOf(entry.resource);
    const { pool } = entry;
    const run = async (): Promise<Outcome> => {
      options.counters.invocation(principal);
      return withinLimit(await pool.invoke(payload, { invokedFunctionArn: arn, functionVersion: version, logGroupName: principal }));
    };
    return options.faults?.invocation?.({ principal, payload }, run) ?? run();
  };
  const runEvent = async (arn: string, payload: string): Promise<void> => {
    for (let retries = 0; !stopped; retries += 1) {
      const outcome = await invoke(arn, payload);
      if (outcome !== 'throttled' && 'payload' in outcome) return;
      if (retries >= eventRetriesMax) return options.log(`lambda: an event is dropped, ${arn} failed ${retries + 1} times`);
      await sleep(eventRetryMilliseconds * 2 ** retries);
    }
  };
  const enqueue: Lambda['enqueue'] = (nameOrArn, payload) => {
    const { arn } = find(nameOrArn);
    runEvent(arn, payload).catch((error: unknown) => {
      if (!stopped) options.log(`lambda: an event is dropped, ${arn} could not be invoked: ${String(error)}`);
    });
  };

  return {
    invoke,
    enqueue,
    service: lambdaService({ find, invoke, enqueue }),
    crash: (principal, how) => {
      const found = [...functions.values()].filter(({ resource }) => principalOf(resource) === principal);
      return found.reduce((count, { pool }) => count + (pool?.crash(how) ?? 0), 0);
    },
    stop: async () => {
      stopped = true;
      await Promise.all([...functions.values()].map(({ pool }) => pool?.stop()));
    },
  };
};

type Find = (nameOrArn: string) => {
  readonly entry: { readonly resource: Resource; pool: WorkerPool | undefined };
  /** As it was asked for: the function's, a version's or an alias's. */
  readonly arn: string;
  readonly version: string;
};

/** What a version's or an alias's ARN stands for. */
const versionsOf = (template: Template): ReadonlyMap<string, string> =>
  new Map([
    ...template.ofType('AWS::Lambda::Version').map(({ ref, attribute }) => [ref, String(attribute('Version'))] as const),
    ...template.ofType('AWS::Lambda::Alias').map(({ ref, properties }) => [ref, String(properties['FunctionVersion'])] as const),
  ]);

const withinLimit = (outcome: Outcome): Outcome => {
  if (outcome === 'throttled' || 'failure' in outcome) return outcome;
  const bytes = Buffer.byteLength(outcome.payload);
  if (bytes <= answerBytesMax) return outcome;
  const errorMessage = `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${answerBytesMax} bytes).`;
  return { failure: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
};

const startPool = (resource: Resource, { template, sessions, clock, environment, policiesOf, logFolder }: LambdaOptions): WorkerPool => {
  const { Code, Handler, Role, Environment, Timeout } = resource.properties as {
    readonly Code: { readonly S3Key: string };
    readonly Handler: string;
    readonly Role: string;
    readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
    readonly Timeout?: number;
  };
  const principal = principalOf(resource);
  const [module = 'index', handler = 'handler'] = Handler.split('.');
  return makeWorkerPool({
    functionName: resource.ref,
    file: join(template.assetPath(Code.S3Key), `${module}.mjs`),
    handler,
    timeoutSeconds: Number(Timeout ?? 3),
    clock,
    write: logTo(join(logFolder, `${principal.replaceAll('/', '-')}.log`)),
    makeEnvironment: () => {
      const session = sessions.issue({ principal, roleArn: Role, policies: policiesOf(Role), ttl: sessionSeconds });
      const variables = Object.fromEntries(Object.entries(Environment?.Variables ?? {}).map(([name, value]) => [name, String(value)]));
      return {
        expiresAt: clock.now().getTime() + (sessionSeconds - 600) * 1000,
        variables: {
          ...variables,
          ...environment,
          AWS_ACCESS_KEY_ID: session.accessKeyId,
          AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
          AWS_SESSION_TOKEN: session.sessionToken,
          AWS_LAMBDA_FUNCTION_NAME: resource.ref,
        },
      };
    },
  });
};

/** Appends in order; the file is moved aside once it is large, and the one before it forgotten. */
const logTo = (file: string): ((chunk: Buffer) => void) => {
  let last: Promise<void> = Promise.resolve();
  let bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return (chunk) => {
    last = last
      .then(async () => {
        if (bytes > logBytesMax) renameSync(file, `${file}.1`);
        bytes = bytes > logBytesMax ? 0 : bytes + chunk.length;
        await appendFile(file, chunk);
      })
      .catch((error: unknown) => void process.stderr.write(`${basename(file)} could not be written: ${String(error)}\n`));
  };
};

const invocationPath = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?Qualifier=([^&]+))?$/;

const lambdaService = ({ find, invoke, enqueue }: Pick<Lambda, 'invoke' | 'enqueue'> & { readonly find: Find }): Service => ({
  name: 'lambda',
  protocol: 'rest-json',
  operationOf: ({ path }: RawRequest) => (invocationPath.test(path) ? 'Invoke' : path),
  handle: async ({ caller, raw }) => {
    const match = invocationPath.exec(raw.path);
    if (!match) throw new AwsError('UnknownOperationException', `${raw.method} ${raw.path} is not supported locally`, { status: 404 });
    const name = decodeURIComponent(match[1] ?? '');
    const arn = functionArn(match[2] ? `${name}:${decodeURIComponent(match[2])}` : name);
    authorize(caller, 'lambda:InvokeFunction', arn, { status: 403 });
    const { version } = find(arn);
    const payload = raw.body.length > 0 ? raw.body.toString() : '{}';
    const type = raw.headers['x-amz-invocation-type'];
    if (type === 'DryRun') return { status: 204, body: '' };
    if (type === 'Event') {
      enqueue(arn, payload);
      return { status: 202, body: '' };
    }
    const headers = { 'x-amz-executed-version': version };
    const outcome = await invoke(arn, payload);
    if (outcome === 'throttled') throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429 });
    if ('failure' in outcome)
      return { body: JSON.stringify(outcome.failure), headers: { ...headers, 'x-amz-function-error': 'Unhandled' } };
    return { body: outcome.payload, headers };
  },
});
