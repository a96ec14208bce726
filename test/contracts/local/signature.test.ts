import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { queryOperation, type Service } from '../../../local/gateway.ts';
import { makeS3 } from '../../../local/s3.ts';
import { openObjectStore } from '../../../local/s3-store.ts';
import { type LocalTarget, onAws, onlyLocally, startLocal } from './target.ts';

/** The gateway's refusals of credentials; that it lets in what the SDK signs is shown by every other suite. */

const folder = mkdtempSync(join(tmpdir(), 'signature-'));
const Bucket = 'suite';
/** It answers whoever is let in. */
const open = (name: string, protocol: Service['protocol']): Service => ({
  ...{ name, protocol, operationOf: protocol === 'query' ? queryOperation : () => 'GetItem' },
  handle: async ({ caller }) => ({ output: { caller: caller.principal } }),
});
let local: LocalTarget;
let client: S3Client;

beforeAll(async () => {
  if (onAws) return;
  const buckets = [{ name: Bucket, expirations: [] }];
  local = await startLocal(({ clock }) => [
    makeS3({ store: openObjectStore({ folder, buckets, clock }), clock }),
    open('dynamodb', 'json-1.0'),
    open('sns', 'query'),
  ]);
  client = new S3Client(local.client('s3'));
  await client.send(new PutObjectCommand({ Bucket, Key: 'theirs', Body: 'secret' }));
});
afterAll(async () => {
  client?.destroy();
  await local?.gateway.close();
  rmSync(folder, { recursive: true });
});

describe('The signature of a request in headers', () => {
  onlyLocally.each([
    ['/dynamodb', 'POST', 'InvalidSignatureException'],
    [`/s3/${Bucket}/theirs`, 'GET', 'SignatureDoesNotMatch'],
    ['/sns', 'POST', 'SignatureDoesNotMatch'],
  ])('is not replaced by what a link tells of its signer: %s', async (path, method, code) => {
    const link = new URL(await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'mine' }), { expiresIn: 60 }));
    const told = (name: string): string => link.searchParams.get(name) ?? '';
    const form = (signature: string): string =>
      `AWS4-HMAC-SHA256 Credential=${told('X-Amz-Credential')}, SignedHeaders=host, Signature=${signature}`;
    for (const authorization of [form(told('X-Amz-Signature')), form(''), form('00'), `Credential=${told('X-Amz-Credential')}`]) {
      const headers = { authorization, 'x-amz-security-token': told('X-Amz-Security-Token'), 'x-amz-date': told('X-Amz-Date') };
      const answer = await fetch(`${local.gateway.url}${path}`, { method, headers });
      const unread = authorization.endsWith('Signature=') || authorization.startsWith('Credential');
      expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining(unread ? 'UnrecognizedClientException' : code)]);
    }
  });

  onlyLocally('is of the secret that belongs to the access key', async () => {
    const credentials = { ...local.as([]), secretAccessKey: 'another' };
    const stranger = new S3Client(local.client('s3', credentials));
    await expect(stranger.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    const publisher = new SNSClient(local.client('sns', credentials));
    await expect(publisher.send(new PublishCommand({ Message: 'x' }))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  onlyLocally.each([
    ['path', { path: `/s3/${Bucket}/theirs` }, 'SignatureDoesNotMatch'],
    ['query', { query: { prefix: 'other' } }, 'SignatureDoesNotMatch'],
    ['header', { headers: { 'x-amz-date': '20200101T000000Z' } }, 'SignatureDoesNotMatch'],
    ['body', { body: 'another' }, 'XAmzContentSHA256Mismatch'],
  ])('is of the %s that was sent', async (_, altered, name) => {
    const meddling = new S3Client(local.client('s3'));
    meddling.middlewareStack.add(
      (next) => async (args) => {
        const request = args.request as { readonly headers: object };
        const headers = { ...request.headers, ...('headers' in altered ? altered.headers : {}) };
        return next({ ...args, request: Object.assign(request, altered, { headers }) });
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const put = new PutObjectCommand({ Bucket, Key: 'mine', Body: 'content' });
    await expect(meddling.send(put)).rejects.toMatchObject({ name });
  });
});
