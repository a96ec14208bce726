import { createHash } from 'node:crypto';
import { account, region } from './intrinsics.ts';

/** What `Ref` and `Fn::GetAtt` give for each type of resource. Names are derived from the template, so they survive a restart. */

export interface Endpoints {
  /** The gateway that all services stand behind. */
  readonly gateway: string;
  /** The HTTP API. */
  readonly api: string;
  readonly postgres: { readonly host: string; readonly port: number };
}

export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Described {
  readonly type: string;
  readonly stack: string;
  readonly logicalId: string;
  /** One property, resolved. */
  readonly property: (name: string) => unknown;
}

export const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${account}:${rest}`;

/** Secret ARNs end in six characters that AWS picks at random; here they follow from the name. */
export const secretArn = (name: string): string =>
  arn('secretsmanager', `secret:${name}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`);

const withArn = (ref: string, itsArn: string, more: Readonly<Record<string, string>> = {}): Identity => ({
  ref,
  attributes: { Arn: itsArn, ...more },
});
const arnAsRef = (itsArn: string, more: Readonly<Record<string, string>> = {}): Identity => withArn(itsArn, itsArn, more);

type Identify = (name: (property: string) => string, described: Described, endpoints: Endpoints) => Identity;

const identities: Readonly<Record<string, Identify>> = {
  'AWS::DynamoDB::Table': (name) => {
    const table = name('TableName');
    return withArn(table, arn('dynamodb', `table/${table}`), { StreamArn: arn('dynamodb', `table/${table}/stream/local`) });
  },
  'AWS::Lambda::Function': (name) => withArn(name('FunctionName'), arn('lambda', `function:${name('FunctionName')}`)),
  'AWS::Lambda::Version': (_, { property }) => arnAsRef(`${functionArn(property('FunctionName'))}:1`, { Version: '1' }),
  'AWS::Lambda::Alias': (_, { property }) => {
    const aliasArn = `${functionArn(property('FunctionName'))}:${String(property('Name'))}`;
    return arnAsRef(aliasArn, { AliasArn: aliasArn });
  },
  'AWS::Lambda::EventSourceMapping': (_, { logicalId }) => ({ ref: logicalId, attributes: { Id: logicalId } }),
  'AWS::IAM::Role': (name) => withArn(name('RoleName'), `arn:aws:iam::${account}:role/${name('RoleName')}`, { RoleId: name('RoleName') }),
  'AWS::IAM::Policy': (name) => ({ ref: name('PolicyName'), attributes: {} }),
  'AWS::IAM::ManagedPolicy': (name) => {
    const policyArn = `arn:aws:iam::${account}:policy/${name('ManagedPolicyName')}`;
    return { ref: policyArn, attributes: { PolicyArn: policyArn } };
  },
  'AWS::StepFunctions::StateMachine': (name) =>
    arnAsRef(arn('states', `stateMachine:${name('StateMachineName')}`), { Name: name('StateMachineName') }),
  'AWS::SQS::Queue': (name, _, { gateway }) => ({
    ref: `${gateway}/sqs/${account}/${name('QueueName')}`,
    attributes: { Arn: arn('sqs', name('QueueName')), QueueName: name('QueueName') },
  }),
  'AWS::SNS::Topic': (name) => {
    const topicArn = arn('sns', name('TopicName'));
    return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name('TopicName') } };
  },
  'AWS::SNS::Subscription': (_, { logicalId }) => ({ ref: logicalId, attributes: {} }),
  'AWS::Events::EventBus': (name) => withArn(name('Name'), arn('events', `event-bus/${name('Name')}`), { Name: name('Name') }),
  'AWS::Events::Rule': (name) => withArn(name('Name'), arn('events', `rule/${name('Name')}`)),
  'AWS::Logs::LogGroup': (name) => withArn(name('LogGroupName'), `${arn('logs', `log-group:${name('LogGroupName')}`)}:*`),
  'AWS::RDS::DBCluster': (name, _, { postgres }) => {
    const cluster = name('DBClusterIdentifier').toLowerCase();
    const clusterArn = arn('rds', `cluster:${cluster}`);
    return withArn(cluster, clusterArn, {
      DBClusterArn: clusterArn,
      'Endpoint.Address': postgres.host,
      'Endpoint.Port': String(postgres.port),
      'ReadEndpoint.Address': postgres.host,
    });
  },
  'AWS::S3::Bucket': (name) => {
    const bucket = name('BucketName').toLowerCase();
    return withArn(bucket, `arn:aws:s3:::${bucket}`);
  },
  'AWS::SecretsManager::Secret': (name) => ({ ref: secretArn(name('Name')), attributes: { Id: secretArn(name('Name')) } }),
  'AWS::SecretsManager::SecretTargetAttachment': (_, { property }) => ({ ref: String(property('SecretId')), attributes: {} }),
  'AWS::ApiGatewayV2::Api': (_, { logicalId }, { api }) => ({ ref: logicalId, attributes: { ApiId: logicalId, ApiEndpoint: api } }),
};

/** A function is named in properties by its name or by its ARN. */
export const functionArn = (nameOrArn: unknown): string => {
  const text = String(nameOrArn);
  return text.startsWith('arn:') ? text : arn('lambda', `function:${text}`);
};

export const identify = (described: Described, endpoints: Endpoints): Identity => {
  const { type, stack, logicalId, property } = described;
  const name = (wanted: string): string => String(property(wanted) ?? `${stack}-${logicalId}`.slice(0, 64));
  return identities[type]?.(name, described, endpoints) ?? { ref: logicalId, attributes: {} };
};
