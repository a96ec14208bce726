import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError, type Protocol, type RawRequest } from './protocols.ts';
import type { Caller, Sessions, Signer } from './sessions.ts';

/**
 * Signature Version 4 of requests that carry it in their headers. Who knows access key and session token but not the secret, as whoever
 * holds a link does, is nobody. The date is part of what is signed and is not compared with a clock: the cloud's may have been moved.
 */

/** Whose request this is. Throws the refusals that AWS has for credentials unknown, expired or not signed with. */
export const signedBy = (raw: RawRequest, sessions: Sessions, protocol: Protocol): Caller => {
  const { authorization = '', 'x-amz-date': date, 'x-amz-security-token': token } = raw.headers;
  const [, accessKeyId = '', scope = '', names = '', signature = ''] = authorizationForm.exec(authorization) ?? [];
  const signer = sessions.signer(accessKeyId, String(token));
  const declared = raw.headers['x-amz-content-sha256'];
  const payload = typeof declared === 'string' ? declared : sha256(raw.body);
  const [path = '', query = ''] = raw.url.split('?', 2);
  const request = [raw.method, pathOf(path, scope), canonicalQuery(query), canonicalHeaders(raw, names), names, payload].join('\n');
  if (!isSignature(signature, signer, { date: String(date), scope, request })) throw mismatch(protocol);
  if (/^[0-9a-f]{64}$/.test(payload) && typeof declared === 'string' && sha256(raw.body) !== declared)
    throw new AwsError('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.");
  return signer.caller;
};

const authorizationForm = /^AWS4-HMAC-SHA256 Credential=(\w+)\/([^, ]+), ?SignedHeaders=([^, ]+), ?Signature=([0-9a-f]+)$/;

export interface Signed {
  readonly date: string;
  /** `{day}/{region}/{service}/aws4_request` */
  readonly scope: string;
  /** In its canonical form. */
  readonly request: string;
}

export const isSignature = (signature: string, signer: Signer, { date, scope, request }: Signed): boolean => {
  const known = signer.signingKeys.get(scope);
  const key = known ?? signingKey(signer.secretAccessKey, scope);
  const right = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n'));
  const given = Buffer.from(signature, 'hex');
  if (given.length !== right.length || !timingSafeEqual(given, right)) return false;
  if (known === undefined) signer.signingKeys.set(scope, key);
  return true;
};

/** Sorted by name, then value; of a query as it was sent, where names and values are encoded already. */
export const canonicalQuery = (query: string): string =>
  query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('=', 2))
    .toSorted(([a = '', x = ''], [b = '', y = '']) => compare(a, b) || compare(x, y))
    .map(([name = '', value = '']) => `${name}=${value}`)
    .join('&');

export const canonicalHeaders = ({ headers }: RawRequest, names: string): string =>
  names
    .split(';')
    .map(
      (name) =>
        `${name}:${String(headers[name] ?? '')
          .replaceAll(/\s+/g, ' ')
          .trim()}\n`,
    )
    .join('');

/** RFC 3986. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** S3 signs the path as it was sent, all others encode it once more. */
const pathOf = (path: string, scope: string): string => {
  if (scope.endsWith('/s3/aws4_request')) return path;
  const segments = path.split('/').filter((segment) => segment !== '');
  return `/${segments.map(encode).join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
};

const signingKey = (secretAccessKey: string, scope: string): Buffer =>
  scope.split('/').reduce<Buffer>((secret, part) => hmac(secret, part), Buffer.from(`AWS4${secretAccessKey}`));

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export const mismatch = (protocol: Protocol): AwsError => {
  const code = protocol === 'rest-xml' || protocol === 'query' ? 'SignatureDoesNotMatch' : 'InvalidSignatureException';
  return new AwsError(code, 'The request signature we calculated does not match the signature you provided.', { status: 403 });
};
