import { Agent, request as httpRequest } from 'node:http';
import { type Access, accessesOf, streamAccessesOf } from './dynamodb-access.ts';
import { AwsError, authorize, type Service, type ServiceAnswer, type ServiceRequest, targetOperation } from './gateway.ts';

/** DynamoDB and its streams: checks the caller's rights, counts capacity units, and passes the rest to the real emulator. */

type Document = Readonly<Record<string, unknown>>;

const agent = new Agent({ keepAlive: true, maxSockets: 128 });

// One access key for everybody: DynamoDB Local keeps a database for each.
const authorization = 'AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

interface Upstream {
  readonly status: number;
  readonly body: Buffer;
}

const post = (endpoint: URL, target: string, body: string): Promise<Upstream> =>
  new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      'x-amz-date': '20200101T000000Z',
      authorization,
      'content-length': Buffer.byteLength(body),
    };
    const failed = (cause: Error): void =>
      reject(new AwsError('InternalServerError', `DynamoDB at ${endpoint.href} does not answer: ${cause.message}`, { status: 500 }));
    const sent = httpRequest(endpoint, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 500, body: Buffer.concat(chunks) }));
      response.on('error', failed);
    });
    sent.on('error', failed);
    sent.end(body);
  });

/** Those that report what they consumed when asked. */
const metered = new Set([
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan', 'BatchGetItem', 'BatchWriteItem', 'TransactGetItems'],
  ...['TransactWriteItems', 'ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction'],
]);

const unitsOf = (consumed: unknown): number =>
  [consumed ?? []].flat().reduce((sum: number, each) => sum + Number((each as Document)['CapacityUnits'] ?? 0), 0);

const meter = (answer: Upstream, asked: boolean): ServiceAnswer => {
  if (answer.status !== 200) return answer;
  const { ConsumedCapacity, ...rest } = JSON.parse(answer.body.toString()) as Document;
  const units = unitsOf(ConsumedCapacity);
  return asked ? { ...answer, units } : { output: rest, units };
};

const checkRights = ({ caller }: ServiceRequest, accesses: readonly Access[]): void => {
  for (const { action, resource, leadingKeys } of accesses)
    authorize(caller, action, resource, leadingKeys ? { context: { 'dynamodb:LeadingKeys': leadingKeys } } : {});
};

const ours = 'arn:aws:dynamodb:us-east-1:000000000000:';
const anyPrefix = /arn:aws:dynamodb:[^:"]*:[^:"]*:/g;

/** The emulator's ARNs name a region of its own. What it says of itself, not of items, is put in ours. */
const makeArns = () => {
  let theirs = 'arn:aws:dynamodb:dynoxide:000000000000:';
  const inOurs = (body: string): string =>
    body.replaceAll(anyPrefix, (found) => {
      theirs = found;
      return ours;
    });
  return { inOurs, inTheirs: (body: string): string => body.replaceAll(ours, theirs) };
};

type Arns = ReturnType<typeof makeArns>;

const makeDynamodb = (endpoint: URL, arns: Arns): Service => ({
  name: 'dynamodb',
  protocol: 'json-1.0',
  operationOf: targetOperation,
  handle: async (request) => {
    const { operation } = request;
    const input = request.input as Document;
    checkRights(request, accessesOf(operation, input));
    const target = `DynamoDB_20120810.${operation}`;
    if (!metered.has(operation)) {
      const { status, body } = await post(endpoint, target, JSON.stringify(input));
      return { status, body: arns.inOurs(body.toString()) };
    }
    const asked = input['ReturnConsumedCapacity'] !== undefined && input['ReturnConsumedCapacity'] !== 'NONE';
    return meter(await post(endpoint, target, JSON.stringify(asked ? input : { ...input, ReturnConsumedCapacity: 'TOTAL' })), asked);
  },
});

const makeStreams = (endpoint: URL, arns: Arns): Service => ({
  name: 'streams',
  protocol: 'json-1.0',
  operationOf: targetOperation,
  handle: async (request) => {
    const { operation } = request;
    checkRights(request, streamAccessesOf(operation, request.input as Document));
    const { status, body } = await post(endpoint, `DynamoDBStreams_20120810.${operation}`, arns.inTheirs(JSON.stringify(request.input)));
    const text = body.toString();
    return {
      status,
      body: operation === 'GetRecords' ? text.replaceAll(/"awsRegion":"[^"]*"/g, '"awsRegion":"us-east-1"') : arns.inOurs(text),
    };
  },
});

/** The services `dynamodb` and `streams` over the emulator at `endpoint`. */
export const makeDynamodbServices = (endpoint: string): readonly [Service, Service] => {
  const url = new URL(endpoint);
  const arns = makeArns();
  return [makeDynamodb(url, arns), makeStreams(url, arns)];
};
