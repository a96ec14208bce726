import { beforeAll, describe, expect, test } from '@jest/globals';
import { all, resourcesOf, type Synthesized, synthesized } from './synthesized.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

let stacks: Synthesized;
beforeAll(async () => {
  stacks = await synthesized();
});

/** By role: what it may do by its own policies. */
const rightsOf = (): readonly (readonly [role: string, Statement])[] =>
  all(stacks).flatMap((stack) =>
    resourcesOf(stack, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) => {
      const { Statement: statements } = Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] };
      return statements.map((statement) => [id.replace(/Role.*$/, ''), statement] as const);
    }),
  );
const actionsOf = ({ Action }: Statement): readonly string[] => [Action].flat() as readonly string[];

describe('The bucket of reports', () => {
  test('is private, encrypted, reached over TLS only, and forgets what is old', () => {
    const [[, bucket] = [], ...others] = resourcesOf(stacks.data, 'AWS::S3::Bucket');
    expect([bucket?.Properties, others]).toMatchObject([
      {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LifecycleConfiguration: {
          Rules: [
            {
              Prefix: 'reports/',
              Status: 'Enabled',
              ExpirationInDays: { Ref: 'ReportDays' },
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
            },
          ],
        },
      },
      [],
    ]);
    const [[, policy] = []] = resourcesOf(stacks.data, 'AWS::S3::BucketPolicy');
    expect(policy?.Properties['PolicyDocument']).toMatchObject({
      Statement: [{ Effect: 'Deny', Action: 's3:*', Principal: { AWS: '*' }, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
    });
  });

  test('is written by the steps of the workflow and read through links of the API, below one prefix, and by nobody else', () => {
    const rights = rightsOf().filter(([, statement]) => actionsOf(statement).some((action) => action.startsWith('s3:')));
    expect(rights.map(([role, statement]) => [role, actionsOf(statement)]).toSorted()).toEqual([
      ['ApiReports', ['s3:GetObject']],
      ['ReportSteps', ['s3:AbortMultipartUpload', 's3:PutObject']],
    ]);
    for (const [, { Resource: resource }] of rights)
      expect(resource).toEqual({ 'Fn::Join': ['', [{ 'Fn::ImportValue': expect.stringContaining('ReportsBucket') }, '/reports/*']] });
  });
});

describe('How long a report is kept', () => {
  test('may be chosen anew for stacks that stand: neither takes it from the other, and what both say of it is the same', () => {
    const { Parameters = {}, Outputs = {} } = stacks.data.template;
    const told = Object.values(Outputs).map(({ Value }) => (Value as { readonly Ref?: string }).Ref);
    expect(told.filter((name) => name !== undefined && Object.hasOwn(Parameters, name))).toEqual([]);
    expect(stacks.service.template.Parameters?.['ReportDays']).toEqual(Parameters['ReportDays']);
    const [steps] = resourcesOf(stacks.service, 'AWS::Lambda::Function').filter(([id]) => id.startsWith('ReportSteps'));
    expect(steps?.[1].Properties['Environment']).toMatchObject({ Variables: { REPORT_DAYS: { Ref: 'ReportDays' } } });
  });
});

describe('Of the registry’s table', () => {
  const writesOf = (name: string) =>
    rightsOf()
      .filter(([role, statement]) => role === name && actionsOf(statement).some((action) => /dynamodb:(Put|Update|Delete)/.test(action)))
      .map(([, statement]) => [actionsOf(statement), statement.Condition] as const);
  const onlyItems = (...keys: readonly string[]) => ({
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  });

  test('whoever writes reports changes jobs only', () => {
    expect(writesOf('ReportSteps')).toEqual([[['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], onlyItems('JOB#*')]]);
  });

  test('whoever answers for reports adds jobs and kept answers, denials, and what it counts, and no more', () => {
    expect(writesOf('ApiReports')).toEqual([
      [['dynamodb:PutItem'], onlyItems('ACCESS#*')],
      [['dynamodb:PutItem'], onlyItems('JOB#*', 'IDEMPOTENCY#*')],
      [['dynamodb:PutItem', 'dynamodb:UpdateItem'], onlyItems('REQUESTS#*', 'BREAKER#*')],
    ]);
  });
});
