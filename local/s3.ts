import { crc32 } from 'node:zlib';
import type { LocalClock } from './clock.ts';
import { AwsError, authorize, type Caller, type RawRequest, type Service, type ServiceAnswer, unknownOperation } from './gateway.ts';
import { signerOf } from './s3-signature.ts';
import type { Bucket, ObjectStore, StoredObject, Upload } from './s3-store.ts';

/** What S3 does for objects that are written once, whole or in parts, and read through links: path-style addresses, policies, expiry. */

export interface S3Options {
  readonly store: ObjectStore;
  readonly clock: Pick<LocalClock, 'now'>;
}

interface Call {
  readonly store: ObjectStore;
  readonly caller: Caller;
  readonly bucket: Bucket;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly raw: RawRequest;
}
type Handle = (call: Call) => Promise<ServiceAnswer>;

interface Operation {
  readonly action: string;
  readonly on: 'bucket' | 'object';
  readonly handle: Handle;
}

const partBytesMin = 5 * 1024 * 1024;
const partsMax = 10_000;

const quoted = (etag: string): string => `"${etag}"`;
const document = (name: string, fields: object): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${xml(fields)}</${name}>`;

const xml = (fields: object): string =>
  Object.entries(fields)
    .flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const))
    .map(([name, value]) => `<${name}>${typeof value === 'object' ? xml(value) : escapeText(String(value))}</${name}>`)
    .join('');
const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The bytes as they were meant: what is garbled on its way is refused. */
const bodyOf = ({ headers, body }: RawRequest): Buffer => {
  if (String(headers['content-encoding'] ?? '').includes('aws-chunked'))
    throw new AwsError('NotImplemented', 'a body of unknown length is not supported locally: send bytes, or parts', { status: 501 });
  const sent = headers['x-amz-checksum-crc32'];
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  if (typeof sent === 'string' && sent !== sum.toString('base64'))
    throw new AwsError('BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
  return body;
};

const aboutOf = ({ key, raw: { headers } }: Call) => {
  const { 'content-type': contentType = 'binary/octet-stream', 'content-disposition': contentDisposition } = headers;
  return { key, contentType, ...(contentDisposition === undefined ? {} : { contentDisposition }) };
};

const put: Handle = async (call) => {
  const { etag } = await call.store.put(call.bucket, aboutOf(call), bodyOf(call.raw));
  return { headers: { etag: quoted(etag) }, body: '' };
};

/** Whether an object exists is told only to those who may list its bucket. */
const open = async ({ store, caller, bucket, key }: Call): Promise<StoredObject> => {
  const object = await store.read(bucket, key);
  if (object) return object;
  authorize(caller, 's3:ListBucket', `arn:aws:s3:::${bucket.name}`, { code: 'AccessDenied', status: 403 });
  throw new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404, fields: { Key: key } });
};

const get: Handle = async (call) => {
  const { body, etag, contentType, contentDisposition, modifiedAt } = await open(call);
  const disposition = call.query.get('response-content-disposition') ?? contentDisposition;
  return {
    headers: {
      'content-type': call.query.get('response-content-type') ?? contentType,
      ...(disposition === undefined ? {} : { 'content-disposition': disposition }),
      etag: quoted(etag),
      'last-modified': new Date(modifiedAt).toUTCString(),
    },
    body,
  };
};

const remove: Handle = async ({ store, bucket, key }) => {
  await store.remove(bucket, key);
  return { status: 204, body: '' };
};

const list: Handle = async ({ store, bucket, query }) => {
  const Prefix = query.get('prefix') ?? '';
  const found = await store.list(bucket, Prefix);
  const Contents = found.map(({ key, etag, modifiedAt, body }) => ({
    ...{ Key: key, LastModified: modifiedAt, ETag: quoted(etag), Size: body.length, StorageClass: 'STANDARD' },
  }));
  const page = { Name: bucket.name, Prefix, KeyCount: found.length, MaxKeys: 1_000, IsTruncated: false, Contents };
  return { body: document('ListBucketResult', page) };
};

const begin: Handle = async (call) => {
  const UploadId = await call.store.begin(call.bucket, aboutOf(call));
  return { body: document('InitiateMultipartUploadResult', { Bucket: call.bucket.name, Key: call.key, UploadId }) };
};

const uploadOf = ({ store, bucket, key, query }: Call): Upload => {
  const upload = store.upload(bucket, query.get('uploadId') ?? '');
  if (upload?.key === key) return upload;
  throw new AwsError('NoSuchUpload', 'The specified upload does not exist. It may have been aborted or completed.', { status: 404 });
};

const putPart: Handle = async (call) => {
  const number = Number(call.query.get('partNumber'));
  if (!(Number.isInteger(number) && number >= 1 && number <= partsMax))
    throw new AwsError('InvalidArgument', `Part number must be an integer between 1 and ${partsMax}, inclusive`);
  return { headers: { etag: quoted(await uploadOf(call).putPart(number, bodyOf(call.raw))) }, body: '' };
};

/** Asked once more, as after a lost answer, it answers the same. */
const complete: Handle = async (call) => {
  const before = call.store.completed(call.query.get('uploadId') ?? '');
  const etag = before?.bucket === call.bucket.name && before.facts.key === call.key ? before.facts.etag : await completeNow(call);
  return { body: document('CompleteMultipartUploadResult', { Bucket: call.bucket.name, Key: call.key, ETag: quoted(etag) }) };
};

const completeNow = async (call: Call): Promise<string> => {
  const upload = uploadOf(call);
  const named = [...call.raw.body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? '').replaceAll(/&quot;|"/g, ''),
  }));
  const sent = new Map((await upload.parts()).map((part) => [part.number, part]));
  if (named.length === 0) throw new AwsError('MalformedXML', 'The XML you provided names no part.');
  if (named.some(({ number, etag }) => sent.get(number)?.etag !== etag))
    throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found, or its entity tag did not match.');
  if (named.some(({ number }, index) => number <= (named[index - 1]?.number ?? 0)))
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
  if (named.slice(0, -1).some(({ number }) => (sent.get(number)?.bytes ?? 0) < partBytesMin))
    throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
  return (await upload.complete(named.map(({ number }) => number))).etag;
};

const abort: Handle = async (call) => {
  await uploadOf(call).abort();
  return { status: 204, body: '' };
};

const operations: Readonly<Record<string, Operation>> = {
  PutObject: { action: 's3:PutObject', on: 'object', handle: put },
  GetObject: { action: 's3:GetObject', on: 'object', handle: get },
  HeadObject: { action: 's3:GetObject', on: 'object', handle: get },
  DeleteObject: { action: 's3:DeleteObject', on: 'object', handle: remove },
  ListObjectsV2: { action: 's3:ListBucket', on: 'bucket', handle: list },
  CreateMultipartUpload: { action: 's3:PutObject', on: 'object', handle: begin },
  UploadPart: { action: 's3:PutObject', on: 'object', handle: putPart },
  CompleteMultipartUpload: { action: 's3:PutObject', on: 'object', handle: complete },
  AbortMultipartUpload: { action: 's3:AbortMultipartUpload', on: 'object', handle: abort },
};

const addressOf = (path: string) => {
  const { pathname, searchParams: query } = new URL(path, 'http://s3');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(pathname) ?? [];
  return { bucket, key: decodeURIComponent(key), query };
};

/** The operation is in the method, the address and the query. */
const operationOf = ({ method, path }: RawRequest): string => {
  const { key, query } = addressOf(path);
  const ofUpload = query.has('uploadId');
  if (key === '') return method === 'GET' && query.get('list-type') === '2' ? 'ListObjectsV2' : `${method} of a bucket`;
  if (method === 'PUT') return ofUpload ? 'UploadPart' : 'PutObject';
  if (method === 'POST') return ofUpload ? 'CompleteMultipartUpload' : 'CreateMultipartUpload';
  if (method === 'DELETE') return ofUpload ? 'AbortMultipartUpload' : 'DeleteObject';
  return method === 'HEAD' ? 'HeadObject' : 'GetObject';
};

export const makeS3 = ({ store, clock }: S3Options): Service => ({
  name: 's3',
  protocol: 'rest-xml',
  operationOf,
  callerOf: (raw, sessions) => signerOf(raw, sessions, clock.now()),
  handle: async ({ operation, caller, raw }) => {
    const known = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (!known) throw unknownOperation(operation);
    const { bucket: name, key, query } = addressOf(raw.path);
    const resource = `arn:aws:s3:::${name}${known.on === 'object' ? `/${key}` : ''}`;
    authorize(caller, known.action, resource, { code: 'AccessDenied', status: 403 });
    const bucket = store.bucket(name);
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { status: 404, fields: { BucketName: name } });
    return known.handle({ store, caller, bucket, key, query, raw });
  },
});
