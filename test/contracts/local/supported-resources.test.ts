import { describe, expect, test } from '@jest/globals';
import { checkSupported, ignoredTypes, wiredTypes } from '../../../local/supported-resources.ts';

describe('What the embedded cloud understands of a template', () => {
  test('is a closed list, and a change of it is a decision', () => {
    const list = Object.entries(wiredTypes).map(
      ([type, { supported, ignored = {} }]) => `${type}: ${supported.length} wired, ${Object.keys(ignored).length} ignored`,
    );
    expect([...list, ...Object.keys(ignoredTypes).map((type) => `${type}: ignored`)].sort()).toMatchInlineSnapshot(`
[
  "AWS::ApiGatewayV2::Api: 4 wired, 1 ignored",
  "AWS::ApiGatewayV2::ApiGatewayManagedOverrides: ignored",
  "AWS::ApiGatewayV2::Authorizer: 6 wired, 0 ignored",
  "AWS::ApiGatewayV2::Integration: 6 wired, 0 ignored",
  "AWS::ApiGatewayV2::Route: 7 wired, 0 ignored",
  "AWS::ApiGatewayV2::Stage: 3 wired, 3 ignored",
  "AWS::CDK::Metadata: ignored",
  "AWS::CloudWatch::*: ignored",
  "AWS::DynamoDB::Table: 9 wired, 5 ignored",
  "AWS::EC2::*: ignored",
  "AWS::Events::EventBus: 2 wired, 1 ignored",
  "AWS::Events::Rule: 10 wired, 2 ignored",
  "AWS::IAM::ManagedPolicy: 5 wired, 0 ignored",
  "AWS::IAM::Policy: 3 wired, 0 ignored",
  "AWS::IAM::Role: 6 wired, 1 ignored",
  "AWS::KMS::*: ignored",
  "AWS::Lambda::Alias: 4 wired, 0 ignored",
  "AWS::Lambda::EventSourceMapping: 12 wired, 2 ignored",
  "AWS::Lambda::Function: 8 wired, 9 ignored",
  "AWS::Lambda::Permission: ignored",
  "AWS::Lambda::Version: 2 wired, 0 ignored",
  "AWS::Logs::LogGroup: 1 wired, 3 ignored",
  "AWS::Logs::ResourcePolicy: ignored",
  "AWS::RDS::DBCluster: 6 wired, 21 ignored",
  "AWS::RDS::DBClusterParameterGroup: ignored",
  "AWS::RDS::DBInstance: ignored",
  "AWS::RDS::DBSubnetGroup: ignored",
  "AWS::S3::Bucket: 2 wired, 4 ignored",
  "AWS::S3::BucketPolicy: ignored",
  "AWS::SNS::Subscription: ignored",
  "AWS::SNS::Topic: 2 wired, 2 ignored",
  "AWS::SNS::TopicPolicy: ignored",
  "AWS::SQS::Queue: 3 wired, 4 ignored",
  "AWS::SQS::QueuePolicy: ignored",
  "AWS::SecretsManager::RotationSchedule: ignored",
  "AWS::SecretsManager::Secret: 4 wired, 2 ignored",
  "AWS::SecretsManager::SecretTargetAttachment: 3 wired, 0 ignored",
  "AWS::StepFunctions::StateMachine: 6 wired, 3 ignored",
  "AWS::XRay::*: ignored",
]
`);
  });

  test('has a reason for everything that is ignored', () => {
    const reasons = [...Object.values(ignoredTypes), ...Object.values(wiredTypes).flatMap(({ ignored = {} }) => Object.values(ignored))];
    expect(reasons.filter((reason) => reason.length < 10)).toEqual([]);
  });

  test.each([
    ['a type', { Type: 'AWS::Batch::JobQueue' }, 'Stack/X: AWS::Batch::JobQueue as a type is not supported locally'],
    [
      'a property',
      { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      'Stack/X: AWS::SQS::Queue property FifoQueue is not supported locally',
    ],
    [
      'an attribute',
      { Type: 'AWS::SQS::Queue', Condition: 'Big' },
      'Stack/X: AWS::SQS::Queue attribute Condition is not supported locally',
    ],
  ])('stops by name at %s outside it', (_, resource, message) => {
    expect(() => checkSupported('Stack/X', resource)).toThrow(message);
  });
});
