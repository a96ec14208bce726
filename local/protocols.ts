import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** How AWS services put requests, answers and errors into HTTP: the five forms that the SDK's clients speak. */
export type Protocol = 'json-1.0' | 'json-1.1' | 'rest-json' | 'rest-xml' | 'query';

export interface RawRequest {
  readonly method: string;
  /** Below the service's prefix, with its query: `/Execute`, `/2015-03-31/functions/x/invocations?Qualifier=live`. */
  readonly path: string;
  /** With the service's prefix, as it was sent and signed. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ServiceAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Serialized by the service's protocol; the `…Result` of a query answer. */
  readonly output?: unknown;
  /** Sent as it is, in place of `output`. */
  readonly body?: string | Buffer;
  /** DynamoDB capacity units consumed, for the counters. */
  readonly units?: number;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** An error of a service's API. `fields` join the error's document, e.g. `CancellationReasons`. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(code: string, message: string, { status = 400, fields = {} }: { status?: number; fields?: Record<string, unknown> } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

const contentType = {
  'json-1.0': 'application/x-amz-json-1.0',
  'json-1.1': 'application/x-amz-json-1.1',
  'rest-json': 'application/json',
  'rest-xml': 'application/xml',
  query: 'text/xml',
} as const satisfies Record<Protocol, string>;

/** The operation of the JSON protocols: `X-Amz-Target: DynamoDB_20120810.PutItem`. */
export const targetOperation = ({ headers }: RawRequest): string => String(headers['x-amz-target']).split('.').at(-1) ?? '';

/** The operation of the query protocol: `Action=AssumeRole`. */
export const queryOperation = ({ body }: RawRequest): string => new URLSearchParams(body.toString()).get('Action') ?? '';

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'the body is not JSON');
  }
};

/** The body as JSON, or, when there is none, the query's parameters; of the query protocol its form. What speaks XML reads its request itself. */
export const parseInput = (protocol: Protocol, { path, body }: RawRequest): unknown => {
  if (protocol === 'query') return Object.fromEntries(new URLSearchParams(body.toString()));
  if (protocol === 'rest-xml') return {};
  if (body.length > 0) return parseJson(body.toString());
  const question = path.indexOf('?');
  return question < 0 ? {} : Object.fromEntries(new URLSearchParams(path.slice(question)));
};

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const toXml = (value: unknown): string => {
  if (Array.isArray(value)) return value.map((item) => `<member>${toXml(item)}</member>`).join('');
  if (typeof value !== 'object' || value === null) return escapeXml(String(value));
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return entries.map(([name, inner]) => `<${name}>${toXml(inner)}</${name}>`).join('');
};

const serializeOutput = (protocol: Protocol, operation: string, output: unknown, requestId: string): string => {
  if (protocol !== 'query') return JSON.stringify(output ?? {});
  const metadata = { ResponseMetadata: { RequestId: requestId } };
  return toXml({ [`${operation}Response`]: { [`${operation}Result`]: output ?? {}, ...metadata } });
};

const common = (protocol: Protocol, requestId: string) => ({ 'content-type': contentType[protocol], 'x-amzn-requestid': requestId });

export const serializeAnswer = (protocol: Protocol, operation: string, answer: ServiceAnswer): WireAnswer => {
  const requestId = randomUUID();
  return {
    status: answer.status ?? 200,
    headers: { ...common(protocol, requestId), ...answer.headers },
    body: answer.body ?? serializeOutput(protocol, operation, answer.output, requestId),
  };
};

export const serializeError = (protocol: Protocol, error: AwsError): WireAnswer => {
  const requestId = randomUUID();
  const headers = common(protocol, requestId);
  const { code, message, status, fields } = error;
  if (protocol === 'query') {
    const type = status < 500 ? 'Sender' : 'Receiver';
    const document = { ErrorResponse: { Error: { Type: type, Code: code, Message: message }, RequestId: requestId } };
    return { status, headers, body: toXml(document) };
  }
  if (protocol === 'rest-xml')
    return { status, headers, body: toXml({ Error: { Code: code, Message: message, ...fields, RequestId: requestId } }) };
  const typed = protocol === 'rest-json' ? { ...headers, 'x-amzn-errortype': code } : headers;
  return { status, headers: typed, body: JSON.stringify({ __type: code, message, ...fields }) };
};
