import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeS3 } from '../../../local/s3.ts';
import { openObjectStore } from '../../../local/s3-store.ts';
import { allow, awsClient, given, type LocalTarget, onAws, onlyLocally, startLocal } from './target.ts';

/** On AWS: CONFORMANCE_BUCKET, a bucket in which the suite may write, read, list and delete. */

const folder = mkdtempSync(join(tmpdir(), 's3-'));
const Bucket = onAws ? given('CONFORMANCE_BUCKET') : 'suite';
const run = `conformance-${randomUUID().slice(0, 8)}`;
const buckets = [{ name: Bucket, expirations: [{ prefix: `${run}/short/`, days: 7 }] }];
let local: LocalTarget;
let client: S3Client;
const made = new Set<string>();

beforeAll(async () => {
  if (!onAws) local = await startLocal(({ clock }) => [makeS3({ store: openObjectStore({ folder, buckets, clock }), clock })]);
  client = new S3Client(onAws ? awsClient() : local.client('s3'));
});
afterAll(async () => {
  if (onAws) for (const Key of made) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  client.destroy();
  await local?.gateway.close();
  rmSync(folder, { recursive: true });
});

const keyOf = (name: string): string => {
  made.add(`${run}/${name}`);
  return `${run}/${name}`;
};
const put = async (name: string, Body: string | Uint8Array, more: object = {}): Promise<string> => {
  const Key = keyOf(name);
  await client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  return Key;
};
const textOf = async (Key: string): Promise<string | undefined> =>
  (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
const linkTo = (Key: string, expiresIn = 60, from = client): Promise<string> =>
  getSignedUrl(from, new GetObjectCommand({ Bucket, Key, ResponseContentDisposition: 'attachment; filename="a.csv"' }), { expiresIn });

describe('An object', () => {
  test('comes back as it was put, with its type and the hash of its bytes', async () => {
    const Key = await put('a folder/ü+1.txt', 'hello', { ContentType: 'text/plain; charset=utf-8', ContentDisposition: 'attachment' });
    const { Body, ContentType, ContentDisposition, ETag, ContentLength } = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(await Body?.transformToString()).toBe('hello');
    expect([ContentType, ContentDisposition, ContentLength]).toEqual(['text/plain; charset=utf-8', 'attachment', 5]);
    expect(ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(await client.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({ ETag, ContentLength: 5 });
  });

  test('is replaced as a whole, and gone once it is deleted', async () => {
    const Key = await put('replaced', 'first');
    await put('replaced', 'second');
    expect(await textOf(Key)).toBe('second');
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    await expect(textOf(Key)).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    await expect(client.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });

  test('is listed by the beginning of its key, in order', async () => {
    for (const name of ['listed/b', 'listed/a', 'other']) await put(name, name);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: `${run}/listed/` }));
    expect(Contents.map(({ Key, Size }) => [Key, Size])).toEqual([
      [`${run}/listed/a`, 8],
      [`${run}/listed/b`, 8],
    ]);
  });

  test('goes nowhere without a bucket', async () => {
    const nowhere = new PutObjectCommand({ Bucket: onAws ? `${Bucket}-absent-${run}` : 'absent', Key: 'x', Body: 'x' });
    await expect(client.send(nowhere)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  test('is refused where its bytes are not those that were meant', async () => {
    const garbled = new PutObjectCommand({ Bucket, Key: keyOf('garbled'), Body: 'hello', ChecksumCRC32: 'AAAAAA==' });
    await expect(client.send(garbled)).rejects.toMatchObject({ name: 'BadDigest' });
  });
});

describe('An object in parts', () => {
  const megabyte = 1024 * 1024;
  const begin = async (Key: string): Promise<string> =>
    (await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId ?? '';
  const part = async (at: { readonly Key: string; readonly UploadId: string }, PartNumber: number, Body: Uint8Array) => {
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, ...at, PartNumber, Body }));
    return { PartNumber, ETag };
  };

  test('is there when the last is, and not before', async () => {
    const Key = keyOf('parts');
    const at = { Key, UploadId: await begin(Key) };
    const [first, second] = [randomBytes(5 * megabyte), randomBytes(10)];
    const Parts = [await part(at, 1, first), await part(at, 2, second)];
    await expect(textOf(Key)).rejects.toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await client.send(new CompleteMultipartUploadCommand({ Bucket, ...at, MultipartUpload: { Parts } }));
    expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(Buffer.concat([first, second]))).toBe(true);
  });

  test('is completed again with the same answer', async () => {
    const Key = keyOf('twice');
    const at = { Key, UploadId: await begin(Key) };
    const MultipartUpload = { Parts: [await part(at, 1, randomBytes(10))] };
    const complete = () => client.send(new CompleteMultipartUploadCommand({ Bucket, ...at, MultipartUpload }));
    const { ETag } = await complete();
    expect((await complete()).ETag).toBe(ETag);
  });

  test('is never there when it was called off', async () => {
    const Key = keyOf('aborted');
    const at = { Key, UploadId: await begin(Key) };
    const Parts = [await part(at, 1, randomBytes(10))];
    await client.send(new AbortMultipartUploadCommand({ Bucket, ...at }));
    const completed = client.send(new CompleteMultipartUploadCommand({ Bucket, ...at, MultipartUpload: { Parts } }));
    await expect(completed).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await expect(textOf(Key)).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test.each([
    ['a part that was not sent', [{ PartNumber: 1, ETag: '"00000000000000000000000000000000"' }], 'InvalidPart'],
    ['parts that are too small', [1, 2], 'EntityTooSmall'],
    ['parts out of order', [2, 1], 'InvalidPartOrder'],
  ])('is refused with %s', async (_, wanted, name) => {
    const Key = keyOf('refused');
    const at = { Key, UploadId: await begin(Key) };
    const sent = [await part(at, 1, randomBytes(10)), await part(at, 2, randomBytes(10))];
    const Parts = wanted.map((one) => (typeof one === 'number' ? sent[one - 1] : one)).filter((one) => one !== undefined);
    const completed = client.send(new CompleteMultipartUploadCommand({ Bucket, ...at, MultipartUpload: { Parts } }));
    await expect(completed).rejects.toMatchObject({ name });
    await client.send(new AbortMultipartUploadCommand({ Bucket, ...at }));
  });

  test('is what a stream of any length becomes', async () => {
    const pieces = Array.from({ length: 13 }, () => randomBytes(megabyte));
    const Key = keyOf('streamed');
    await new Upload({ client, params: { Bucket, Key, Body: Readable.from(pieces) }, partSize: 5 * megabyte, queueSize: 1 }).done();
    const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(ContentLength).toBe(13 * megabyte);
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(Buffer.concat(pieces))).toBe(true);
  });
});

describe('A link', () => {
  const follow = async (url: string) => {
    const answer = await fetch(url);
    return { status: answer.status, body: await answer.text(), disposition: answer.headers.get('content-disposition') };
  };
  const codeIn = ({ body }: { readonly body: string }): string | undefined => /<Code>(.*?)<\/Code>/.exec(body)?.[1];

  test('opens an object to whoever has it, under the name that was signed', async () => {
    const url = await linkTo(await put('linked', 'secret'));
    expect(await follow(url)).toEqual({ status: 200, body: 'secret', disposition: 'attachment; filename="a.csv"' });
  });

  test('opens nothing when a character of it is changed', async () => {
    const url = await linkTo(await put('altered', 'secret'));
    await put('other', 'not for them');
    for (const altered of [
      url.replace('/altered?', '/other?'),
      url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'),
      url.replace('a.csv', 'b.csv'),
    ]) {
      const answer = await follow(altered);
      expect([answer.status, codeIn(answer)]).toEqual([403, 'SignatureDoesNotMatch']);
    }
  });

  onlyLocally('opens nothing once its time is over', async () => {
    const url = await linkTo(await put('late', 'secret'), 900);
    local.clock.advance(900_001);
    const answer = await follow(url);
    expect([answer.status, codeIn(answer), answer.body]).toEqual([403, 'AccessDenied', expect.stringContaining('Request has expired')]);
    local.clock.advance(-900_001);
  });

  onlyLocally('can do what whoever signed it may do, and no more', async () => {
    const Key = await put('signed/by', 'secret');
    const signer = (...resources: readonly string[]) => new S3Client(local.client('s3', local.as([allow('s3:GetObject', resources)])));
    const [may, mayNot] = [signer(`arn:aws:s3:::${Bucket}/${run}/signed/*`), signer(`arn:aws:s3:::${Bucket}/elsewhere/*`)];
    expect((await follow(await linkTo(Key, 60, may))).status).toBe(200);
    const answers = [await follow(await linkTo(Key, 60, mayNot)), await follow(await linkTo(`${run}/signed/absent`, 60, may))];
    expect(answers.map((answer) => [answer.status, codeIn(answer)])).toEqual([
      [403, 'AccessDenied'],
      [403, 'AccessDenied'],
    ]);
  });
});

describe('The policy of a session', () => {
  onlyLocally('is checked against the object and its action', async () => {
    const writer = new S3Client(local.client('s3', local.as([allow('s3:PutObject', `arn:aws:s3:::${Bucket}/${run}/mine/*`)])));
    await writer.send(new PutObjectCommand({ Bucket, Key: `${run}/mine/a`, Body: 'x' }));
    const denied = [
      () => writer.send(new PutObjectCommand({ Bucket, Key: `${run}/theirs/a`, Body: 'x' })),
      () => writer.send(new GetObjectCommand({ Bucket, Key: `${run}/mine/a` })),
      () => writer.send(new DeleteObjectCommand({ Bucket, Key: `${run}/mine/a` })),
    ];
    for (const send of denied) await expect(send()).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  });
});

describe('The files', () => {
  onlyLocally('have what was put for the next start, and nothing that was begun beside it', async () => {
    const Key = await put('kept', 'still here');
    const again = openObjectStore({ folder, buckets, clock: local.clock });
    const [bucket] = buckets;
    if (!bucket) throw new Error('there is one');
    expect((await again.read(bucket, Key))?.body.toString()).toBe('still here');
    expect(readdirSync(join(folder, Bucket, 'objects')).filter((file) => file.endsWith('.new'))).toEqual([]);
  });

  onlyLocally('are gone at the midnight after the days of their lifecycle, others are not', async () => {
    const keys = [await put('short/lived', 'x'), await put('long-lived', 'x')];
    local.clock.advance(7 * 86_400_000 - 60_000);
    expect(await Promise.all(keys.map(textOf))).toEqual(['x', 'x']);
    local.clock.advance(86_400_000 + 60_000);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: `${run}/` }));
    expect(keys.map((key) => Contents.some(({ Key }) => Key === key))).toEqual([false, true]);
  });
});
