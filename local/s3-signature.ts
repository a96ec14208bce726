import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError, type RawRequest } from './protocols.ts';
import type { Caller, Sessions } from './sessions.ts';

/** Links: requests that carry their credentials, their expiry and their signature in the query. A link is all that its bearer has, so its signature is checked. */

const isLink = (path: string): boolean => path.includes('X-Amz-Signature=');

/** Who signed the link, or `undefined` where the request is none. Throws S3's refusals of a link that is altered, foreign or past its time. */
export const signerOf = (raw: RawRequest, sessions: Sessions, at: Date): Caller | undefined => {
  if (!isLink(raw.path)) return undefined;
  const { pathname, searchParams: query } = new URL(raw.path, 'http://s3');
  const asked = (name: string): string => query.get(name) ?? '';
  const [accessKeyId = '', ...scope] = asked('X-Amz-Credential').split('/');
  const { caller, secretAccessKey } = sessions.signer(accessKeyId, asked('X-Amz-Security-Token'));
  const text = ['AWS4-HMAC-SHA256', asked('X-Amz-Date'), scope.join('/'), sha256(canonical(raw, pathname, query))].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  if (!same(hmac(key, text).toString('hex'), asked('X-Amz-Signature'))) throw mismatch();
  const signedAt = asked('X-Amz-Date').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const expiresAt = new Date(signedAt).getTime() + Number(asked('X-Amz-Expires')) * 1000;
  if (!(at.getTime() < expiresAt)) throw new AwsError('AccessDenied', 'Request has expired', { status: 403 });
  return caller;
};

const canonical = ({ method, headers }: RawRequest, pathname: string, query: URLSearchParams): string => {
  const parameters = [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted();
  const names = query.get('X-Amz-SignedHeaders') ?? '';
  const signed = names.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`);
  return [method, `/s3${pathname}`, parameters.join('&'), signed.join(''), names, 'UNSIGNED-PAYLOAD'].join('\n');
};

/** RFC 3986. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const mismatch = (): AwsError =>
  new AwsError('SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.', { status: 403 });
