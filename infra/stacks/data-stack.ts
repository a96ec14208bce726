import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  type IDatabaseCluster,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import { ReportsBucket } from '../constructs/reports-bucket.ts';

/** What must outlive every deploy: the registry table, the tenants' cluster, and the reports until they expire. Its logical ids are frozen by a test. */
export class DataStack extends Stack {
  readonly table: Table;
  readonly cluster: IDatabaseCluster;
  readonly adminSecret: ISecret;
  readonly reports: ReportsBucket;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.table = registryTable(this);
    const cluster = tenantCluster(this);
    if (!cluster.secret) throw new Error('the cluster was made without an administrator secret');
    this.cluster = cluster;
    this.adminSecret = cluster.secret;
    this.reports = new ReportsBucket(this, 'Reports');
  }
}

const registryTable = (scope: Construct): Table => {
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  const table = new Table(scope, 'Registry', {
    partitionKey: text('pk'),
    sortKey: text('sk'),
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    stream: StreamViewType.NEW_IMAGE,
    timeToLiveAttribute: 'expiresAt',
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  for (const index of ['gsi1', 'gsi2']) {
    table.addGlobalSecondaryIndex({
      indexName: index,
      partitionKey: text(`${index}pk`),
      sortKey: text(`${index}sk`),
      projectionType: ProjectionType.ALL,
    });
  }
  return table;
};

/** Reached over the Data API only: the subnets have no way in or out. */
const tenantCluster = (scope: Construct): DatabaseCluster => {
  const vpc = new Vpc(scope, 'Network', {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
    restrictDefaultSecurityGroup: false,
  });
  acknowledge(vpc, ['AwsSolutions-VPC7'], 'Isolated subnets: nothing enters or leaves but what RDS itself does; there is no flow to log.');
  const cluster = new DatabaseCluster(scope, 'Tenants', {
    engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
    credentials: Credentials.fromGeneratedSecret('registry_admin'),
    writer: ClusterInstance.serverlessV2('Writer'),
    serverlessV2MinCapacity: 0.5,
    serverlessV2MaxCapacity: 16,
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    enableDataApi: true,
    storageEncrypted: true,
    deletionProtection: true,
    backup: { retention: Duration.days(14) },
    removalPolicy: RemovalPolicy.RETAIN,
  });
  acknowledge(cluster, ['AwsSolutions-RDS6'], 'Connections are made by the Data API alone, with credentials from Secrets Manager.');
  acknowledge(
    cluster,
    ['AwsSolutions-SMG4'],
    'Rotating the administrator’s password needs a function inside the network; see docs/aws-unverified.md.',
  );
  return cluster;
};
