import { isRecord, type RawResource } from './assembly.ts';
import { intrinsicOf } from './intrinsics.ts';

/**
 * The closed list of what the embedded cloud understands. A property is a path (`Targets[].Arn`); naming a path covers
 * all below it. What stands in neither list stops the start by name, so nothing is left out in silence.
 */

interface Wired {
  readonly supported: readonly string[];
  /** Left out on one machine, each with the reason. */
  readonly ignored?: Readonly<Record<string, string>>;
}

const tags = { Tags: 'nothing here reads the tags of a resource' };
const encryption = 'the state folder is readable by its owner only; nothing is encrypted at rest';
const protection = 'npm run local:reset is meant to delete';

export const wiredTypes: Readonly<Record<string, Wired>> = {
  'AWS::DynamoDB::Table': {
    supported: [
      'TableName',
      'KeySchema',
      'AttributeDefinitions',
      'GlobalSecondaryIndexes[].IndexName',
      'GlobalSecondaryIndexes[].KeySchema',
      'GlobalSecondaryIndexes[].Projection',
      'BillingMode',
      'StreamSpecification.StreamViewType',
      'TimeToLiveSpecification',
    ],
    ignored: {
      ...tags,
      PointInTimeRecoverySpecification: 'backups are not taken of a state folder',
      DeletionProtectionEnabled: protection,
      SSESpecification: encryption,
      ContributorInsightsSpecification: 'no CloudWatch here',
    },
  },
  'AWS::Lambda::Function': {
    supported: ['FunctionName', 'Code.S3Bucket', 'Code.S3Key', 'Handler', 'Role', 'Environment.Variables', 'Timeout', 'Description'],
    ignored: {
      ...tags,
      Runtime: 'bundles run on the Node that runs the embedded cloud',
      Architectures: 'bundles are plain JavaScript',
      MemorySize: 'a worker thread takes what it needs',
      EphemeralStorage: 'no function writes to /tmp',
      LoggingConfig: 'logs go to the state folder',
      TracingConfig: 'no X-Ray here',
      ReservedConcurrentExecutions: 'workers per function are bounded for all alike',
      RecursiveLoop: 'no recursion detection here',
    },
  },
  'AWS::Lambda::Version': { supported: ['FunctionName', 'Description'] },
  'AWS::Lambda::Alias': { supported: ['FunctionName', 'FunctionVersion', 'Name', 'Description'] },
  'AWS::Lambda::EventSourceMapping': {
    supported: [
      'FunctionName',
      'EventSourceArn',
      'StartingPosition',
      'BatchSize',
      'MaximumBatchingWindowInSeconds',
      'FilterCriteria.Filters',
      'BisectBatchOnFunctionError',
      'MaximumRetryAttempts',
      'MaximumRecordAgeInSeconds',
      'DestinationConfig.OnFailure.Destination',
      'FunctionResponseTypes',
      'Enabled',
    ],
    ignored: { ...tags, ParallelizationFactor: 'a local stream has one shard, read in order' },
  },
  'AWS::IAM::Role': {
    supported: ['RoleName', 'AssumeRolePolicyDocument', 'Policies', 'ManagedPolicyArns', 'MaxSessionDuration', 'Description'],
    ignored: tags,
  },
  'AWS::IAM::Policy': { supported: ['PolicyName', 'PolicyDocument', 'Roles'] },
  'AWS::IAM::ManagedPolicy': { supported: ['ManagedPolicyName', 'PolicyDocument', 'Roles', 'Description', 'Path'] },
  'AWS::StepFunctions::StateMachine': {
    supported: ['StateMachineName', 'StateMachineType', 'DefinitionS3Location', 'DefinitionString', 'DefinitionSubstitutions', 'RoleArn'],
    ignored: { ...tags, LoggingConfiguration: 'the history of every execution is kept', TracingConfiguration: 'no X-Ray here' },
  },
  'AWS::ApiGatewayV2::Api': { supported: ['Name', 'ProtocolType', 'Description', 'CorsConfiguration'], ignored: tags },
  'AWS::ApiGatewayV2::Stage': {
    supported: ['ApiId', 'StageName', 'AutoDeploy'],
    ignored: {
      ...tags,
      AccessLogSettings: 'requests are logged by the functions',
      DefaultRouteSettings: 'nothing is throttled locally',
    },
  },
  'AWS::ApiGatewayV2::Integration': {
    supported: ['ApiId', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion', 'TimeoutInMillis', 'IntegrationMethod'],
  },
  'AWS::ApiGatewayV2::Route': {
    supported: ['ApiId', 'RouteKey', 'Target', 'AuthorizationType', 'AuthorizerId', 'AuthorizationScopes', 'OperationName'],
  },
  'AWS::ApiGatewayV2::Authorizer': {
    supported: ['ApiId', 'AuthorizerType', 'IdentitySource', 'Name', 'JwtConfiguration.Issuer', 'JwtConfiguration.Audience'],
  },
  'AWS::Events::EventBus': { supported: ['Name', 'Description'], ignored: tags },
  'AWS::Events::Rule': {
    supported: [
      'Name',
      'Description',
      'EventBusName',
      'EventPattern',
      'ScheduleExpression',
      'State',
      'Targets[].Id',
      'Targets[].Arn',
      'Targets[].Input',
      'Targets[].DeadLetterConfig',
    ],
    ignored: { ...tags, 'Targets[].RetryPolicy': 'a target is there or it is not; a function that fails is retried by Lambda' },
  },
  'AWS::SQS::Queue': {
    supported: ['QueueName', 'VisibilityTimeout', 'MessageRetentionPeriod'],
    ignored: { ...tags, SqsManagedSseEnabled: encryption, KmsMasterKeyId: encryption, KmsDataKeyReusePeriodSeconds: encryption },
  },
  'AWS::SNS::Topic': {
    supported: ['TopicName', 'DisplayName'],
    ignored: { ...tags, KmsMasterKeyId: encryption },
  },
  'AWS::Logs::LogGroup': {
    supported: ['LogGroupName'],
    ignored: { ...tags, RetentionInDays: 'logs in the state folder are bounded by size', KmsKeyId: encryption },
  },
  'AWS::RDS::DBCluster': {
    supported: ['DBClusterIdentifier', 'MasterUsername', 'MasterUserPassword', 'DatabaseName', 'EnableHttpEndpoint', 'Engine'],
    ignored: {
      ...tags,
      EngineVersion: 'the PostgreSQL of the packages at hand, same major version',
      BackupRetentionPeriod: 'backups are not taken of a state folder',
      CopyTagsToSnapshot: 'no snapshots here',
      DBClusterParameterGroupName: 'the embedded server has its own settings',
      DBSubnetGroupName: 'no network here but loopback',
      VpcSecurityGroupIds: 'no network here but loopback',
      NetworkType: 'no network here but loopback',
      Port: 'a free port is taken',
      DeletionProtection: protection,
      StorageEncrypted: encryption,
      KmsKeyId: encryption,
      EnableIAMDatabaseAuthentication: 'connections are made by the Data API only',
      EnableCloudwatchLogsExports: 'the log of the server lies in the state folder',
      ServerlessV2ScalingConfiguration: 'one machine does not scale',
      PreferredBackupWindow: 'backups are not taken of a state folder',
      PreferredMaintenanceWindow: 'no maintenance here',
      MonitoringInterval: 'no CloudWatch here',
      DatabaseInsightsMode: 'no CloudWatch here',
      PerformanceInsightsEnabled: 'no CloudWatch here',
      PerformanceInsightsRetentionPeriod: 'no CloudWatch here',
    },
  },
  'AWS::S3::Bucket': {
    supported: ['BucketName', 'LifecycleConfiguration.Rules'],
    ignored: {
      ...tags,
      BucketEncryption: encryption,
      OwnershipControls: 'there is one account',
      PublicAccessBlockConfiguration: 'nobody reads an object without a policy or a link that allows it',
    },
  },
  'AWS::SecretsManager::Secret': {
    supported: ['Name', 'Description', 'GenerateSecretString', 'SecretString'],
    ignored: { ...tags, KmsKeyId: encryption },
  },
  'AWS::SecretsManager::SecretTargetAttachment': { supported: ['SecretId', 'TargetId', 'TargetType'] },
};

/** Types that have no meaning on one machine, each with the reason. A trailing `*` covers a family. */
export const ignoredTypes: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::ApiGatewayManagedOverrides': 'nothing to override',
  'AWS::CDK::Metadata': 'says which CDK wrote the template',
  'AWS::CloudWatch::*': 'no metrics and alarms here; counters and logs are in their place',
  'AWS::EC2::*': 'no network here but loopback',
  'AWS::KMS::*': encryption,
  'AWS::Lambda::Permission': 'the callers are those that the template itself wires',
  'AWS::Logs::ResourcePolicy': 'logs go to the state folder',
  'AWS::RDS::DBInstance': 'the embedded server is cluster and instance in one',
  'AWS::RDS::DBClusterParameterGroup': 'the embedded server has its own settings',
  'AWS::RDS::DBSubnetGroup': 'no network here but loopback',
  'AWS::S3::BucketPolicy': 'it keeps requests without TLS out, which loopback does not need',
  'AWS::SecretsManager::RotationSchedule': 'secrets are not rotated here',
  'AWS::SNS::Subscription': 'deliveries are kept for reading; nothing is sent from here',
  'AWS::SNS::TopicPolicy': 'the callers are those that the template itself wires',
  'AWS::SQS::QueuePolicy': 'the callers are those that the template itself wires',
  'AWS::XRay::*': 'no X-Ray here',
};

const attributes = new Set(['Type', 'Properties', 'DependsOn', 'Metadata', 'DeletionPolicy', 'UpdateReplacePolicy']);

const isIgnored = (type: string): boolean =>
  Object.keys(ignoredTypes).some((name) => (name.endsWith('*') ? type.startsWith(name.slice(0, -1)) : type === name));

const covers = (listed: string, path: string): boolean => path === listed || path.startsWith(`${listed}.`) || path.startsWith(`${listed}[`);

/** The paths of a tree's leaves; an intrinsic is a leaf. */
const leavesOf = (value: unknown, path: string): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, `${path}[]`));
  if (!isRecord(value) || intrinsicOf(value)) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, path === '' ? name : `${path}.${name}`));
};

/** Says whether a resource is wired or ignored; throws, by name, on anything that is neither. */
export const checkSupported = (key: string, raw: RawResource): 'wired' | 'ignored' => {
  const refuse = (what: string): never => {
    throw new Error(`${key}: ${raw.Type} ${what} is not supported locally`);
  };
  if (isIgnored(raw.Type)) return 'ignored';
  for (const name of Object.keys(raw)) if (!attributes.has(name)) refuse(`attribute ${name}`);
  if (raw.Type.startsWith('Custom::')) return 'wired';
  const wired = wiredTypes[raw.Type];
  if (!wired) return refuse('as a type');
  const listed = [...wired.supported, ...Object.keys(wired.ignored ?? {})];
  for (const path of leavesOf(raw.Properties ?? {}, '')) {
    if (path !== '' && !listed.some((name) => covers(name, path))) refuse(`property ${path}`);
  }
  return 'wired';
};

/** The properties that are wired, so that what is ignored need not be resolvable. */
export const withoutIgnored = (raw: RawResource): RawResource => {
  const ignored = wiredTypes[raw.Type]?.ignored ?? {};
  const kept = Object.entries(raw.Properties ?? {}).filter(([name]) => !(name in ignored));
  return { ...raw, Properties: Object.fromEntries(kept) };
};
