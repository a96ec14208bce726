import { describe, expect, test } from '@jest/globals';
import { Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledge } from '../../infra/checks/acknowledge.ts';
import { anApp, builtIn } from './built.ts';
import { all, type Resource, resourcesOf, synthesized } from './synthesized.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const statementsOf = ({ Properties }: Resource): readonly Statement[] => {
  const { PolicyDocument, Policies = [] } = Properties as {
    readonly PolicyDocument?: { readonly Statement: readonly Statement[] };
    readonly Policies?: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[];
  };
  return [...(PolicyDocument?.Statement ?? []), ...Policies.flatMap((policy) => policy.PolicyDocument.Statement)];
};
const listOf = <T>(oneOrMore: T | readonly T[]): readonly T[] => (Array.isArray(oneOrMore) ? oneOrMore : [oneOrMore as T]);
const identityPolicies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Role'];

/** A stack of one role that may do `action` on `resources`, looked at as the product's stacks are. */
const planted = (resources: readonly string[], acknowledged: readonly string[] = []) => {
  const app = anApp();
  const role = new Role(new Stack(app, 'Planted'), 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(new PolicyStatement({ actions: ['dynamodb:GetItem'], resources: [...resources] }));
  if (acknowledged.length > 0) acknowledge(role, acknowledged, 'It is planted.');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
};

describe('The check by cdk-nag', () => {
  const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/registry';

  test('passes what names its resources', () => {
    expect(() => planted([table]).synth()).not.toThrow();
  });

  test.each([
    ['*', [table, '*']],
    [`${table}/index/*`, [table, `${table}/index/*`]],
  ])('finds %s inside a list of resources, until exactly that is acknowledged', (wildcard, resources) => {
    expect(() => planted(resources).synth()).toThrow(`AwsSolutions-IAM5[Resource::${wildcard}]`);
    expect(() => planted(resources, ['AwsSolutions-IAM5[Resource::elsewhere/*]']).synth()).toThrow();
    expect(() => planted(resources, [`AwsSolutions-IAM5[Resource::${wildcard}]`]).synth()).not.toThrow();
  });

  test('finds more than rights: a topic that takes what is not encrypted on its way', () => {
    const app = anApp();
    new Topic(new Stack(app, 'Planted'), 'Topic');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow('AwsSolutions-SNS3');
  });

  test('finds what is planted in the product’s own app', async () => {
    const app = anApp();
    const { service } = await builtIn(app, ['contexts']);
    new Topic(service, 'Planted');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow('AwsSolutions-SNS3');
  });
});

test('No role may do anything on every resource but send traces and deliver logs, nor everything on any', async () => {
  const stacks = await synthesized();
  const statements = all(stacks).flatMap((stack) =>
    identityPolicies.flatMap((type) => resourcesOf(stack, type).flatMap(([, resource]) => statementsOf(resource))),
  );
  const wide = statements.filter(({ Resource: resources }) => listOf(resources).includes('*'));
  expect(wide.flatMap(({ Action }) => listOf(Action)).filter((action) => !/^(xray|logs):/.test(action))).toEqual([]);
  expect(statements.flatMap(({ Action }) => listOf(Action)).filter((action) => action.endsWith('*'))).toEqual([]);
});
