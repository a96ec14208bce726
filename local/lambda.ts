import { mkdirSync, renameSync, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { LocalClock } from './clock.ts';
import type { Counters } from './counters.ts';
import { AwsError, authorize, type Faults, type RawRequest, type Service, type Sessions } from './gateway.ts';
import type { PolicyDocument } from './iam.ts';
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
  readonly faults?: Pick<Faults, 'invocation'>;
}

export interface Lambda {
  readonly service: Service;
  /** By name, ARN, or the ARN of a version or alias. Rejects with an AwsError when there is no such function. */
  readonly invoke: (nameOrArn: string, payload: string) => Promise<Outcome>;
  /** Ends the workers of a function, by its logical name, that are at work just now; answers how many. */
  readonly crash: (principal: string, how: Crash) => number;
  /** Ends every worker; invocations in flight end like a crash. */
  readonly stop: () => Promise<void>;
}

const sessionSeconds = 6 * 3600;
const payloadBytesMax = 6 * 1024 * 1024;
const logBytesMax = 20 * 1024 * 1024;

/** `arn:aws:lambda:…:function:NAME[:alias]` or the name itself. */
export const functionNameOf = (nameOrArn: string): string => {
  const parts = nameOrArn.split(':');
  return parts[0] === 'arn' ? (parts[6] ?? '') : (parts[0] ?? '');
};

/** The logical name that counters and logs use: the construct's path without CDK's inner `Function`. */
const principalOf = ({ name }: Resource): string => name.replace(/\/Function$/, '');

export const makeLambda = (options: LambdaOptions): Lambda => {
  const functions = new Map(
    options.template
      .ofType('AWS::Lambda::Function')
      .map((resource) => [resource.ref, { resource, pool: undefined as WorkerPool | undefined }]),
  );
  mkdirSync(options.logFolder, { recursive: true });
  let stopped = false;

  const invoke = async (nameOrArn: string, payload: string): Promise<Outcome> => {
    const entry = functions.get(functionNameOf(nameOrArn));
    if (!entry) throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, { status: 404 });
    if (stopped) throw new AwsError('ServiceException', 'the embedded cloud is stopping', { status: 500 });
    if (Buffer.byteLength(payload) > payloadBytesMax)
      throw new AwsError('RequestTooLargeException', 'the payload is larger than 6 MB', { status: 413 });
    entry.pool ??= startPool(entry.resource, options);
    const principal = principalOf(entry.resource);
    const { pool } = entry;
    const run = (): Promise<Outcome> => {
      options.counters.invocation(principal);
      return pool.invoke(payload, { invokedFunctionArn: nameOrArn, functionVersion: '1', logGroupName: principal });
    };
    return options.faults?.invocation?.({ principal, payload }, run) ?? run();
  };

  return {
    invoke,
    service: lambdaService(invoke),
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

const lambdaService = (invoke: Lambda['invoke']): Service => ({
  name: 'lambda',
  protocol: 'rest-json',
  operationOf: ({ path }: RawRequest) => (invocationPath.test(path) ? 'Invoke' : path),
  handle: async ({ caller, raw }) => {
    const match = invocationPath.exec(raw.path);
    if (!match) throw new AwsError('UnknownOperationException', `${raw.method} ${raw.path} is not supported locally`, { status: 404 });
    const name = decodeURIComponent(match[1] ?? '');
    const qualifier = match[2] ? `:${match[2]}` : '';
    const arn = name.startsWith('arn:') ? name : `arn:aws:lambda:us-east-1:000000000000:function:${name}${qualifier}`;
    authorize(caller, 'lambda:InvokeFunction', arn, { status: 403 });
    const payload = raw.body.length > 0 ? raw.body.toString() : '{}';
    if (raw.headers['x-amz-invocation-type'] === 'Event') {
      void invoke(arn, payload);
      return { status: 202, body: '' };
    }
    const outcome = await invoke(arn, payload);
    if (outcome === 'throttled') throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429 });
    if ('failure' in outcome) return { body: JSON.stringify(outcome.failure), headers: { 'x-amz-function-error': 'Unhandled' } };
    return { body: outcome.payload };
  },
});
