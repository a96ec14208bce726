import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Statement } from '../../../local/iam.ts';
import { makeSts, type Role } from '../../../local/sts.ts';
import { allow, awsClient, given, type LocalTarget, onAws, onlyLocally, policy, startLocal } from './target.ts';

/** On AWS: CONFORMANCE_ROLE_ARN, a role that the caller may assume with the session tag `tenant`. */

const account = { AWS: 'arn:aws:iam::000000000000:root' };
const trusting = (statement: Partial<Statement>): Role['trust'] =>
  policy({ Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Principal: account, ...statement });
const roleOf = (name: string, trust: Role['trust'], policies: Role['policies'] = []): Role => ({
  arn: `arn:aws:iam::000000000000:role/${name}`,
  trust,
  policies,
});

const tenantRole = roleOf('tenant-data', trusting({ Condition: { StringLike: { 'aws:RequestTag/tenant': '?*' } } }), [
  policy(allow('sts:AssumeRole', `arn:aws:iam::000000000000:role/\${aws:PrincipalTag/tenant}-role`)),
]);
const roles = [
  tenantRole,
  roleOf('acme-role', trusting({})),
  roleOf('globex-role', trusting({})),
  roleOf('untagged', policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: account })),
  roleOf('for-tester', policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::000000000000:role/tester' } })),
  roleOf('for-lambda', policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } })),
];

let local: LocalTarget;
let client: STSClient;
beforeAll(async () => {
  if (!onAws) local = await startLocal(({ sessions }) => [makeSts({ roles, sessions })]);
  client = new STSClient(onAws ? awsClient() : local.client('sts'));
});
afterAll(() => local?.gateway.close());

const arnOf = (name: string): string => `arn:aws:iam::000000000000:role/${name}`;
const tagged = (tenant: string) => [{ Key: 'tenant', Value: tenant }];
const assume = (RoleArn: string, more: object = {}, as = client) =>
  as.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'suite', ...more }));
const sessionOf = async (tenant: string): Promise<STSClient> => {
  const { Credentials: { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = {} } = await assume(tenantRole.arn, {
    Tags: tagged(tenant),
  });
  return new STSClient(local.client('sts', { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }));
};

describe('An assumed role', () => {
  test('has credentials that name it, and an hour to live', async () => {
    const roleArn = onAws ? given('CONFORMANCE_ROLE_ARN') : tenantRole.arn;
    const { Credentials, AssumedRoleUser } = await assume(roleArn, { Tags: tagged('acme') });
    const {
      AccessKeyId: accessKeyId = '',
      SecretAccessKey: secretAccessKey = '',
      SessionToken: sessionToken = '',
      Expiration,
    } = Credentials ?? {};
    const config = onAws ? awsClient() : local.client('sts');
    const { Arn } = await new STSClient({ ...config, credentials: { accessKeyId, secretAccessKey, sessionToken } }).send(
      new GetCallerIdentityCommand({}),
    );
    expect(Arn).toBe(AssumedRoleUser?.Arn);
    expect(Arn).toMatch(/:assumed-role\/[\w-]+\/suite$/);
    expect(((Expiration?.getTime() ?? 0) - Date.now()) / 60_000).toBeCloseTo(60, 0);
  });

  onlyLocally('acts under its own policies with its own tags', async () => {
    const acme = await sessionOf('acme');
    expect((await assume(arnOf('acme-role'), {}, acme)).Credentials).toBeDefined();
    await expect(assume(arnOf('globex-role'), {}, acme)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  onlyLocally('is refused once its time is over', async () => {
    const acme = await sessionOf('acme');
    local.clock.advance(3_601_000);
    await expect(acme.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });
});

describe('A trust policy', () => {
  onlyLocally('that demands a tag refuses a session without it', async () => {
    await expect(assume(tenantRole.arn)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume(tenantRole.arn, { Tags: tagged('') })).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  onlyLocally('without sts:TagSession refuses tags', async () => {
    expect((await assume(arnOf('untagged'))).Credentials).toBeDefined();
    await expect(assume(arnOf('untagged'), { Tags: tagged('acme') })).rejects.toThrow('sts:TagSession');
  });

  onlyLocally('that names the account leaves it to the caller’s policies', async () => {
    const stranger = new STSClient(local.client('sts', local.as([])));
    await expect(assume(arnOf('untagged'), {}, stranger)).rejects.toMatchObject({ name: 'AccessDenied' });
    const allowed = new STSClient(local.client('sts', local.as([allow('sts:AssumeRole', arnOf('untagged'))])));
    expect((await assume(arnOf('untagged'), {}, allowed)).Credentials).toBeDefined();
  });

  onlyLocally('that names the caller is enough, unless the caller’s policies deny it', async () => {
    const tester = new STSClient(local.client('sts', local.as([])));
    expect((await assume(arnOf('for-tester'), {}, tester)).Credentials).toBeDefined();
    const denied = local.as([{ Effect: 'Deny', Action: 'sts:*', Resource: '*' }]);
    await expect(assume(arnOf('for-tester'), {}, new STSClient(local.client('sts', denied)))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  onlyLocally('that names a service opens the role to no one else', async () => {
    await expect(assume(arnOf('for-lambda'))).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('STS', () => {
  test('does not tell a missing role from a forbidden one', async () => {
    await expect(assume('arn:aws:iam::000000000000:role/absent')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  onlyLocally('refuses a session longer than a chained one may be', async () => {
    await expect(assume(arnOf('untagged'), { DurationSeconds: 7200 })).rejects.toMatchObject({ name: 'ValidationError' });
  });

  onlyLocally('refuses credentials that nobody was given', async () => {
    const { accessKeyId } = local.as([]);
    for (const known of [accessKeyId, 'ASIA0000000000000000']) {
      const forged = { accessKeyId: known, secretAccessKey: 'x', sessionToken: 'x' };
      const caller = new STSClient(local.client('sts', forged)).send(new GetCallerIdentityCommand({}));
      await expect(caller).rejects.toMatchObject({ name: 'UnrecognizedClientException', $metadata: { httpStatusCode: 403 } });
    }
  });

  onlyLocally('does not start with a policy that it cannot judge', () => {
    const odd = roleOf('odd', trusting({ Condition: { NumericEquals: { 'aws:TagKeys': '1' } } }));
    expect(() => makeSts({ roles: [odd], sessions: local.sessions })).toThrow('NumericEquals');
  });
});
