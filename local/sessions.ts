import { randomBytes } from 'node:crypto';
import type { LocalClock } from './clock.ts';
import { compilePolicies, type Decide, type PolicyContext, type PolicyDocument } from './iam.ts';
import { AwsError } from './protocols.ts';

/**
 * Who is calling. Every session's credentials are random; whoever signs with the secret of a session
 * is its caller: signature.ts of a request in headers, s3-signature.ts of a link.
 */

export interface Caller {
  /** A function's logical name, `{role}/{session}` of an assumed role, or `administrator`. */
  readonly principal: string;
  /** The role behind the session. */
  readonly roleArn: string;
  /** Session tags: `aws:PrincipalTag/…` in policies. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whether the session's policies allow the action; what nobody allows is denied. */
  readonly allows: (action: string, resource: string, context?: PolicyContext) => boolean;
  /** The same with the reason: an explicit Deny differs from silence where a resource's own policy may allow. */
  readonly decide: Decide;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface SessionGrant {
  readonly principal: string;
  readonly roleArn: string;
  readonly policies: readonly PolicyDocument[];
  readonly tags?: Readonly<Record<string, string>>;
  /** Seconds of the cloud's clock; without it the session lives as long as the process. */
  readonly ttl?: number;
}

export interface Sessions {
  /** Throws when a policy says something that the evaluator does not know. */
  readonly issue: (grant: SessionGrant) => Credentials & { readonly expiresAt?: Date };
  /** For start, demo and tests: a session with every right. */
  readonly issueAdministrator: () => Credentials;
  /** Whose credentials these are. Rejects what was never issued with UnrecognizedClientException, what has expired with ExpiredTokenException. */
  readonly signer: (accessKeyId: string, sessionToken: string) => Signer;
  readonly revoke: (accessKeyId: string) => void;
}

export interface Signer {
  readonly caller: Caller;
  readonly secretAccessKey: string;
  /** Derived from the secret by scope, kept once they have signed something. */
  readonly signingKeys: Map<string, Buffer>;
}

interface Session extends Signer {
  readonly sessionToken: string;
  readonly expiresAt?: Date;
}

export const administratorArn = 'arn:aws:iam::000000000000:role/administrator';
const everything: PolicyDocument = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

const unknownClient = (): AwsError =>
  new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', { status: 403 });

export const makeSessions = (clock: Pick<LocalClock, 'now'>): Sessions => {
  const sessions = new Map<string, Session>();

  const sweep = (): void => {
    const now = clock.now();
    for (const [key, { expiresAt }] of sessions) if (expiresAt !== undefined && expiresAt <= now) sessions.delete(key);
  };
  // Assumed roles expire within the hour; sweeping now and then keeps the map as large as what is in use.
  let issuedSinceSweep = 0;

  const issue: Sessions['issue'] = ({ principal, roleArn, policies, tags = {}, ttl }) => {
    const decide = compilePolicies(policies, { principalArn: roleArn, tags });
    const allows: Caller['allows'] = (action, resource, context) => decide(action, resource, context) === 'Allow';
    const credentials = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64url'),
      sessionToken: randomBytes(48).toString('base64url'),
    };
    const expiry = ttl === undefined ? {} : { expiresAt: new Date(clock.now().getTime() + ttl * 1000) };
    issuedSinceSweep += 1;
    if (issuedSinceSweep >= 500) {
      sweep();
      issuedSinceSweep = 0;
    }
    const caller = { principal, roleArn, tags, allows, decide };
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    sessions.set(accessKeyId, { caller, secretAccessKey, signingKeys: new Map(), sessionToken, ...expiry });
    return { ...credentials, ...expiry };
  };

  const signer: Sessions['signer'] = (accessKeyId, sessionToken) => {
    const session = sessions.get(accessKeyId);
    if (!session || session.sessionToken !== sessionToken) throw unknownClient();
    if (session.expiresAt !== undefined && session.expiresAt <= clock.now())
      throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired.', { status: 403 });
    return session;
  };

  return {
    issue,
    issueAdministrator: () => issue({ principal: 'administrator', roleArn: administratorArn, policies: [everything] }),
    signer,
    revoke: (accessKeyId) => {
      sessions.delete(accessKeyId);
    },
  };
};
