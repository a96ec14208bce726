import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Counters } from './counters.ts';
import type { PolicyContext } from './iam.ts';
import {
  AwsError,
  type Protocol,
  parseInput,
  type RawRequest,
  type ServiceAnswer,
  serializeAnswer,
  serializeError,
  type WireAnswer,
} from './protocols.ts';
import type { Caller, Sessions } from './sessions.ts';
import { signedBy } from './signature.ts';
import type { Outcome } from './worker-pool.ts';

/**
 * One HTTP server on the loopback interface, a path prefix for each service. It knows who calls, counts, lets faults be
 * injected, and turns answers and errors into the service's protocol; the rest is the services'.
 */

export { AwsError, type Protocol, queryOperation, type RawRequest, type ServiceAnswer, targetOperation } from './protocols.ts';
export type { Caller, Credentials, Sessions } from './sessions.ts';

export interface ServiceRequest {
  readonly service: string;
  readonly operation: string;
  /** The parsed body, or the query's parameters when there is none; not validated. */
  readonly input: unknown;
  readonly caller: Caller;
  readonly raw: RawRequest;
}

export interface Service {
  /** The path prefix, e.g. `rds-data`. */
  readonly name: string;
  readonly protocol: Protocol;
  /** `targetOperation`, `queryOperation`, or the service's own reading of method and path. */
  readonly operationOf: (raw: RawRequest) => string;
  /** Where requests may say in another way than by their headers whose they are. */
  readonly callerOf?: (raw: RawRequest, sessions: Sessions) => Caller | undefined;
  readonly handle: (request: ServiceRequest) => Promise<ServiceAnswer>;
}

/** Set by tests while the cloud runs. `drop` closes the connection without an answer: before, nothing was done; after, all was. */
export interface Faults {
  before?: (request: ServiceRequest) => 'pass' | 'drop' | AwsError | Promise<'pass' | 'drop' | AwsError>;
  after?: (request: ServiceRequest, answer: ServiceAnswer) => 'pass' | 'drop' | AwsError | Promise<'pass' | 'drop' | AwsError>;
  /** Once nothing more will be done about the request, whatever became of it. */
  ended?: (request: ServiceRequest) => void;
  /** Around each invocation of a function, whoever invokes it: `run` may be called never, later, or twice. */
  invocation?: (invocation: Invocation, run: () => Promise<Outcome>) => Promise<Outcome>;
}

/** By the function's logical name, as in the counters. */
export interface Invocation {
  readonly principal: string;
  readonly payload: string;
}

export interface GatewayOptions {
  readonly services: readonly Service[];
  readonly sessions: Sessions;
  readonly counters: Counters;
  readonly faults?: Faults;
  /** A free one when absent. */
  readonly port?: number;
  /** Told about errors that are not the service's own: each is a defect, answered 500. */
  readonly log?: (message: string) => void;
}

export interface Gateway {
  /** Without a trailing slash; a service's endpoint is `{url}/{service}`. */
  readonly url: string;
  /** For services that need the gateway's URL to be made. */
  readonly add: (...services: readonly Service[]) => void;
  /** A request of one service to another, in process: counted, and open to faults, like one that came over HTTP. Rejects with an AwsError. */
  readonly call: (request: Omit<ServiceRequest, 'raw'> & { readonly raw?: RawRequest }) => Promise<ServiceAnswer>;
  /** Lets open requests end for a moment, then closes. */
  readonly close: () => Promise<void>;
}

/** Throws the refusal that AWS words this way, naming action, resource and principal. */
export const authorize = (
  caller: Caller,
  action: string,
  resource: string,
  { context, code = 'AccessDeniedException', status = 400 }: { context?: PolicyContext; code?: string; status?: number } = {},
): void => {
  const decision = caller.decide(action, resource, context);
  if (decision === 'Allow') return;
  const why = decision === 'Deny' ? 'with an explicit deny in' : 'because no identity-based policy allows it:';
  const message = `User: ${caller.roleArn} (${caller.principal}) is not authorized to perform: ${action} on resource: ${resource} ${why} ${
    decision === 'Deny' ? 'an identity-based policy' : action
  }`;
  throw new AwsError(code, message, { status });
};

export const unknownOperation = (operation: string): AwsError =>
  new AwsError('UnknownOperationException', `the operation ${operation} is not supported locally`);

const requestBytesMax = 16 * 1024 * 1024;

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > requestBytesMax) throw new AwsError('RequestEntityTooLargeException', 'the request is too large', { status: 413 });
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
};

const asAwsError = (error: unknown, log: (message: string) => void): AwsError => {
  if (error instanceof AwsError) return error;
  log(`gateway: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new AwsError('InternalFailure', 'the embedded service failed; its log says how', { status: 500 });
};

type Prepared = Pick<GatewayOptions, 'sessions' | 'counters' | 'faults'> & { readonly log: (message: string) => void };

class Dropped extends Error {
  override readonly name = 'Dropped';
}

const yieldTo = (fault: 'pass' | 'drop' | AwsError | undefined): void => {
  if (fault === 'drop') throw new Dropped('the connection was dropped by an injected fault');
  if (fault instanceof AwsError) throw fault;
};

const perform = async (service: Service, request: ServiceRequest, { counters, faults }: Prepared): Promise<ServiceAnswer> => {
  let units: number | undefined;
  try {
    yieldTo(await faults?.before?.(request));
    const answer = await service.handle(request);
    units = answer.units;
    yieldTo(await faults?.after?.(request, answer));
    return answer;
  } finally {
    counters.request(request.caller.principal, `${service.name}.${request.operation}`, units);
    faults?.ended?.(request);
  }
};

/** Undefined means: drop the connection. */
const serve = async (service: Service, raw: RawRequest, options: Prepared): Promise<WireAnswer | undefined> => {
  const { protocol } = service;
  try {
    const operation = service.operationOf(raw);
    const caller = service.callerOf?.(raw, options.sessions) ?? signedBy(raw, options.sessions, protocol);
    const request = { service: service.name, operation, input: parseInput(protocol, raw), caller, raw };
    return serializeAnswer(protocol, operation, await perform(service, request, options));
  } catch (error) {
    return error instanceof Dropped ? undefined : serializeError(protocol, asAwsError(error, options.log));
  }
};

const send = (response: ServerResponse, answer: WireAnswer | undefined): void => {
  if (!answer) return void response.destroy();
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
};

const serveCounters = (method: string, counters: Counters): WireAnswer => {
  if (method === 'DELETE') counters.reset();
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(counters.snapshot()) };
};

const notFound: WireAnswer = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'no such service\n' };

const makeListener = (services: ReadonlyMap<string, Service>, options: Prepared) => {
  const answer = async (request: IncomingMessage): Promise<WireAnswer | undefined> => {
    const { method = 'GET', url = '/', headers } = request;
    const [, prefix = '', rest = ''] = /^\/([^/?]*)(.*)$/.exec(url) ?? [];
    if (prefix === 'counters') return serveCounters(method, options.counters);
    const service = services.get(prefix);
    if (!service) return notFound;
    try {
      return await serve(service, { method, path: rest === '' ? '/' : rest, url, headers, body: await readBody(request) }, options);
    } catch (error) {
      return serializeError(service.protocol, asAwsError(error, options.log));
    }
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request).then(
      (wire) => send(response, wire),
      (error: unknown) => {
        options.log(`gateway: ${String(error)}`);
        response.destroy();
      },
    );
  };
};

const closeGraceMilliseconds = 2_000;

const inProcess: RawRequest = { method: 'POST', path: '/', url: '/', headers: {}, body: Buffer.alloc(0) };

const makeCall =
  (services: ReadonlyMap<string, Service>, options: Prepared): Gateway['call'] =>
  async (request) => {
    const service = services.get(request.service);
    if (!service) throw new Error(`the gateway has no service ${request.service}`);
    return perform(service, { raw: inProcess, ...request }, options);
  };

export const startGateway = async ({ services: first, port = 0, log = () => {}, ...rest }: GatewayOptions): Promise<Gateway> => {
  const services = new Map<string, Service>();
  const add: Gateway['add'] = (...more) => {
    for (const service of more) services.set(service.name, service);
  };
  add(...first);
  const options = { ...rest, log };
  const server = createServer(makeListener(services, options));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const force = setTimeout(() => server.closeAllConnections(), closeGraceMilliseconds);
    await closed;
    clearTimeout(force);
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, add, call: makeCall(services, options), close };
};
