import { randomBytes } from 'node:crypto';
import {
  AwsError,
  authorize,
  queryOperation,
  type Service,
  type ServiceAnswer,
  type ServiceRequest,
  type Sessions,
  unknownOperation,
} from './gateway.ts';
import { compilePolicies, compileTrust, type PolicyContext, type PolicyDocument } from './iam.ts';

/** STS: roles are assumed as their trust policies say, and session tags end up in the policies of the session. */

export interface Role {
  readonly arn: string;
  readonly trust: PolicyDocument;
  readonly policies: readonly PolicyDocument[];
  /** Seconds; IAM's default is an hour. */
  readonly sessionSecondsMax?: number;
}

export interface StsOptions {
  readonly roles: readonly Role[];
  readonly sessions: Sessions;
}

type Form = Readonly<Record<string, string | undefined>>;

interface AssumeRole {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly seconds: number;
  readonly tags: Readonly<Record<string, string>>;
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);

const tagsMax = 50;

const readTags = (form: Form): Readonly<Record<string, string>> => {
  const tags: Record<string, string> = {};
  for (let index = 1; form[`Tags.member.${index}.Key`] !== undefined; index += 1) {
    const key = form[`Tags.member.${index}.Key`] ?? '';
    if (index > tagsMax || key === '' || Object.hasOwn(tags, key)) throw invalid('session tags have up to 50 different keys');
    tags[key] = form[`Tags.member.${index}.Value`] ?? '';
  }
  const wrong = Object.entries(tags).find(
    ([key, value]) => !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key) || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value),
  );
  if (wrong) throw invalid(`the session tag ${wrong[0]} has characters that are not allowed`);
  return tags;
};

const chainedSecondsMax = 3600;

const parse = (form: Form): AssumeRole => {
  const { RoleArn: roleArn = '', RoleSessionName: sessionName = '', DurationSeconds = '3600' } = form;
  if (!/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn)) throw invalid(`${roleArn} is invalid`);
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw invalid("Value at 'roleSessionName' failed to satisfy constraint: 2 to 64 of [\\w+=,.@-]");
  const unsupported = Object.keys(form).find((key) =>
    /^(Policy|PolicyArns|ExternalId|TransitiveTagKeys|SerialNumber|SourceIdentity)\b/.test(key),
  );
  if (unsupported !== undefined) throw invalid(`${unsupported} is not supported locally`);
  return { roleArn, sessionName, seconds: Number(DurationSeconds), tags: readTags(form) };
};

const contextOf = ({ sessionName, tags }: AssumeRole): PolicyContext => ({
  'sts:RoleSessionName': sessionName,
  ...(Object.keys(tags).length > 0 ? { 'aws:TagKeys': Object.keys(tags) } : {}),
  ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
});

const denied = { code: 'AccessDenied', status: 403 } as const;

/** The role's trust policy decides; where it names the account as a whole, the caller's own policies do as well. */
const checkTrust = ({ caller }: ServiceRequest, role: Role, request: AssumeRole): void => {
  const context = contextOf(request);
  const trusts = compileTrust(role.trust, { principalArn: caller.roleArn, tags: caller.tags });
  const actions = Object.keys(request.tags).length > 0 ? ['sts:AssumeRole', 'sts:TagSession'] : ['sts:AssumeRole'];
  for (const action of actions) {
    const { decision, delegated } = trusts(action, context);
    if (delegated || caller.decide(action, role.arn, context) === 'Deny') authorize(caller, action, role.arn, { context, ...denied });
    if (decision !== 'Allow') {
      const message = `User: ${caller.roleArn} (${caller.principal}) is not authorized to perform: ${action} on resource: ${role.arn}`;
      throw new AwsError(denied.code, `${message}: its trust policy does not allow it`, { status: denied.status });
    }
  }
};

const nameOf = (roleArn: string): string => roleArn.slice(roleArn.lastIndexOf('/') + 1);

const assumeRole = (request: ServiceRequest, roles: ReadonlyMap<string, Role>, sessions: Sessions): ServiceAnswer => {
  const parsed = parse(request.input as Form);
  const { roleArn, sessionName, seconds, tags } = parsed;
  const role = roles.get(roleArn);
  // AWS does not tell a role that is missing from one that may not be assumed.
  if (!role)
    throw new AwsError(
      denied.code,
      `${request.caller.roleArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      denied,
    );
  checkTrust(request, role, parsed);
  const secondsMax = Math.min(role.sessionSecondsMax ?? chainedSecondsMax, chainedSecondsMax);
  if (!(seconds >= 900 && seconds <= secondsMax))
    throw invalid(`The requested DurationSeconds must be between 900 and ${secondsMax}: the session is chained`);
  const principal = `${nameOf(roleArn)}/${sessionName}`;
  const { expiresAt, ...credentials } = sessions.issue({ principal, roleArn, policies: role.policies, tags, ttl: seconds });
  return {
    output: {
      Credentials: {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        SessionToken: credentials.sessionToken,
        Expiration: expiresAt?.toISOString(),
      },
      AssumedRoleUser: {
        Arn: `arn:aws:sts::000000000000:assumed-role/${principal}`,
        AssumedRoleId: `AROA${randomBytes(8).toString('hex').toUpperCase()}:${sessionName}`,
      },
      PackedPolicySize: 0,
    },
  };
};

const identify = ({ caller: { roleArn, principal } }: ServiceRequest): ServiceAnswer => {
  const session = principal.startsWith(`${nameOf(roleArn)}/`) ? principal : `${nameOf(roleArn)}/${principal}`;
  return { output: { Arn: `arn:aws:sts::000000000000:assumed-role/${session}`, UserId: session, Account: '000000000000' } };
};

/** Throws when a role's policies say something that the evaluator does not know. */
export const makeSts = ({ roles, sessions }: StsOptions): Service => {
  for (const { arn, trust, policies } of roles) {
    const bound = { principalArn: arn, tags: {} };
    compileTrust(trust, bound);
    compilePolicies(policies, bound);
  }
  const byArn = new Map(roles.map((role) => [role.arn, role]));
  return {
    name: 'sts',
    protocol: 'query',
    operationOf: queryOperation,
    handle: async (request) => {
      if (request.operation === 'AssumeRole') return assumeRole(request, byArn, sessions);
      if (request.operation === 'GetCallerIdentity') return identify(request);
      throw unknownOperation(request.operation);
    },
  };
};
