import { AwsError, type RawRequest } from './protocols.ts';
import type { Caller, Sessions } from './sessions.ts';
import { canonicalHeaders, canonicalQuery, encode, isSignature, mismatch } from './signature.ts';

/** Links: requests that carry their credentials, their expiry and their signature in the query. A link is all that its bearer has: what it says is signed, its expiry too. */

const isLink = (path: string): boolean => path.includes('X-Amz-Signature=');

/** Who signed the link, or `undefined` where the request is none. Throws S3's refusals of a link that is altered, foreign or past its time. */
export const signerOf = (raw: RawRequest, sessions: Sessions, at: Date): Caller | undefined => {
  if (!isLink(raw.path)) return undefined;
  const { pathname, searchParams: query } = new URL(raw.path, 'http://s3');
  const asked = (name: string): string => query.get(name) ?? '';
  const [accessKeyId = '', ...scope] = asked('X-Amz-Credential').split('/');
  const signer = sessions.signer(accessKeyId, asked('X-Amz-Security-Token'));
  const signed = { date: asked('X-Amz-Date'), scope: scope.join('/'), request: canonical(raw, pathname, query) };
  if (!isSignature(asked('X-Amz-Signature'), signer, signed)) throw mismatch('rest-xml');
  const signedAt = asked('X-Amz-Date').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const expiresAt = new Date(signedAt).getTime() + Number(asked('X-Amz-Expires')) * 1000;
  if (!(at.getTime() < expiresAt)) throw new AwsError('AccessDenied', 'Request has expired', { status: 403 });
  return signer.caller;
};

const canonical = (raw: RawRequest, pathname: string, asked: URLSearchParams): string => {
  const parameters = [...asked].filter(([name]) => name !== 'X-Amz-Signature').map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const names = asked.get('X-Amz-SignedHeaders') ?? '';
  const query = canonicalQuery(parameters.join('&'));
  return [raw.method, `/s3${pathname}`, query, canonicalHeaders(raw, names), names, 'UNSIGNED-PAYLOAD'].join('\n');
};
