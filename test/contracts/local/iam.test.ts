import { describe, expect, test } from '@jest/globals';
import { compilePolicies, compileTrust, type PolicyContext, type Statement } from '../../../local/iam.ts';

const principalArn = 'arn:aws:iam::000000000000:role/reader';
const secretOf = (tenant: string): string => `arn:aws:secretsmanager:us-east-1:000000000000:secret:registry/${tenant}/app-AbCdEf`;
const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/registry';

const decide = (statements: readonly Statement[], tags: Record<string, string> = {}) =>
  compilePolicies([{ Statement: statements }], { principalArn, tags });

describe('An identity policy', () => {
  test('denies what nobody allows', () => {
    expect(decide([])('dynamodb:GetItem', table)).toBe('Silent');
    expect(decide([{ Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: table }])('dynamodb:GetItem', table)).toBe('Silent');
  });

  test('allows an action by name, by wildcard and whatever its case', () => {
    const allowed = decide([{ Effect: 'Allow', Action: ['dynamodb:Get*', 'DYNAMODB:query'], Resource: table }]);
    expect([allowed('dynamodb:GetItem', table), allowed('dynamodb:Query', table), allowed('dynamodb:PutItem', table)]).toEqual([
      'Allow',
      'Allow',
      'Silent',
    ]);
  });

  test('lets a Deny win over every Allow', () => {
    const both = decide([
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'dynamodb:DeleteItem', Resource: table },
    ]);
    expect([both('dynamodb:DeleteItem', table), both('dynamodb:GetItem', table)]).toEqual(['Deny', 'Allow']);
  });

  test('knows NotAction and NotResource', () => {
    const allowed = decide([{ Effect: 'Allow', NotAction: 'iam:*', NotResource: `${table}/*` }]);
    expect([allowed('iam:PassRole', table), allowed('sqs:SendMessage', table), allowed('dynamodb:Query', `${table}/index/a`)]).toEqual([
      'Silent',
      'Allow',
      'Silent',
    ]);
  });

  test('takes a dot of a pattern for a dot and a question mark for one character', () => {
    const allowed = decide([{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::a.b/??' }]);
    expect([allowed('s3:GetObject', 'arn:aws:s3:::a.b/xy'), allowed('s3:GetObject', 'arn:aws:s3:::axb/xy')]).toEqual(['Allow', 'Silent']);
    expect(allowed('s3:GetObject', 'arn:aws:s3:::a.b/xyz')).toBe('Silent');
  });
});

describe('A session tag', () => {
  const ofTenant: Statement = {
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: secretOf(`\${aws:PrincipalTag/tenant}`).replace('AbCdEf', '??????'),
  };

  test('opens the resources that carry its value, and no others', () => {
    const allowed = decide([ofTenant], { tenant: 'acme' });
    expect(allowed('secretsmanager:GetSecretValue', secretOf('acme'))).toBe('Allow');
    expect(allowed('secretsmanager:GetSecretValue', secretOf('globex'))).toBe('Silent');
  });

  test('opens nothing when the session does not have it', () => {
    expect(decide([ofTenant])('secretsmanager:GetSecretValue', secretOf(''))).toBe('Silent');
  });

  test('is no wildcard, whatever it says', () => {
    expect(decide([ofTenant], { tenant: '*' })('secretsmanager:GetSecretValue', secretOf('acme'))).toBe('Silent');
  });

  test('may be compared with the tag of a resource', () => {
    const condition = { StringEquals: { 'secretsmanager:ResourceTag/tenant': `\${aws:PrincipalTag/tenant}` } };
    const allowed = decide([{ Effect: 'Allow', Action: '*', Resource: '*', Condition: condition }], { tenant: 'acme' });
    const read = (tenant: string) => allowed('secretsmanager:GetSecretValue', 'x', { 'secretsmanager:ResourceTag/tenant': tenant });
    expect([read('acme'), read('globex'), allowed('secretsmanager:GetSecretValue', 'x')]).toEqual(['Allow', 'Silent', 'Silent']);
  });
});

describe('A condition', () => {
  const when = (Condition: NonNullable<Statement['Condition']>, context: PolicyContext) =>
    decide([{ Effect: 'Allow', Action: '*', Resource: '*', Condition }])('a:b', 'c', context) === 'Allow';

  test.each<[string, NonNullable<Statement['Condition']>, PolicyContext, boolean]>([
    ['StringEquals takes a star literally', { StringEquals: { 'aws:RequestTag/a': '*' } }, { 'aws:RequestTag/a': 'x' }, false],
    ['StringLike takes it for anything', { StringLike: { 'aws:RequestTag/a': '*' } }, { 'aws:RequestTag/a': 'x' }, true],
    ['StringLike needs the key', { StringLike: { 'aws:RequestTag/a': '*' } }, {}, false],
    ['one of several values is enough', { StringEquals: { 'aws:RequestTag/a': ['x', 'y'] } }, { 'aws:RequestTag/a': 'y' }, true],
    ['every key must hold', { StringEquals: { 'aws:RequestTag/a': 'x', 'aws:RequestTag/b': 'x' } }, { 'aws:RequestTag/a': 'x' }, false],
    ['ArnLike matches part by part', { ArnLike: { 'aws:SourceArn': 'arn:aws:*:x' } }, { 'aws:SourceArn': 'arn:aws:s3:::x' }, false],
    ['ArnLike', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:x*' } }, { 'aws:SourceArn': 'arn:aws:s3:r:1:xyz' }, true],
    ['Null asks for absence', { Null: { 'aws:RequestTag/a': 'true' } }, {}, true],
    ['Null asks for presence', { Null: { 'aws:RequestTag/a': false } }, {}, false],
    ['Bool', { Bool: { 'aws:SecureTransport': 'true' } }, { 'aws:SecureTransport': 'true' }, true],
    ['ForAllValues', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, { 'aws:TagKeys': ['a', 'b'] }, false],
    ['ForAllValues holds of nothing', { 'ForAllValues:StringLike': { 'aws:TagKeys': ['a'] } }, {}, true],
  ])('%s', (_, condition, context, expected) => {
    expect(when(condition, context)).toBe(expected);
  });
});

describe('The evaluator', () => {
  const allow = { Effect: 'Allow', Action: '*', Resource: '*' } as const;

  test.each<[string, Statement]>([
    ['NumericLessThan', { ...allow, Condition: { NumericLessThan: { 'aws:TagKeys': '1' } } }],
    ['s3:prefix', { ...allow, Condition: { StringEquals: { 's3:prefix': 'a' } } }],
    ['aws:userid', { ...allow, Resource: `a/\${aws:userid}` }],
    ['NotPrincipal', { ...allow, NotPrincipal: '*' } as Statement],
    ['exactly one of Resource', { Effect: 'Allow', Action: '*' }],
  ])('refuses to load a policy with %s, naming it', (name, statement) => {
    expect(() => decide([statement])).toThrow(name);
  });
});

describe('A trust policy', () => {
  const trust = (...statements: readonly Statement[]) => compileTrust({ Statement: statements }, { principalArn, tags: {} });
  const account = { AWS: 'arn:aws:iam::000000000000:root' };

  test('trusts the role it names, for the actions it names', () => {
    const trusts = trust({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: principalArn } });
    expect(trusts('sts:AssumeRole')).toEqual({ decision: 'Allow', delegated: false });
    expect(trusts('sts:TagSession').decision).toBe('Silent');
  });

  test('leaves it to the account’s own policies when it names the account', () => {
    expect(trust({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: account })('sts:AssumeRole').delegated).toBe(true);
  });

  test('trusts no other role and no service in a role’s place', () => {
    const other = { AWS: 'arn:aws:iam::000000000000:role/other', Service: 'lambda.amazonaws.com' };
    expect(trust({ Effect: 'Allow', Action: '*', Principal: other })('sts:AssumeRole').decision).toBe('Silent');
  });

  test('may demand a tag', () => {
    const Condition = { StringLike: { 'aws:RequestTag/tenant': '?*' } };
    const trusts = trust({ Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Principal: account, Condition });
    expect(trusts('sts:AssumeRole').decision).toBe('Silent');
    expect(trusts('sts:AssumeRole', { 'aws:RequestTag/tenant': 'acme' }).decision).toBe('Allow');
  });

  test('refuses to load with a kind of principal that is not known', () => {
    expect(() => trust({ Effect: 'Allow', Action: '*', Principal: { Federated: 'x' } })).toThrow('Federated');
  });
});
