import { CfnParameter, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import type { RegistryFunction } from './registry-function.ts';

const prefix = 'reports/';

/** Each stack that needs it has its own, with one name: what a stack exports to another cannot change any more. */
export const reportDaysOf = (stack: Construct): CfnParameter =>
  new CfnParameter(stack, 'ReportDays', {
    type: 'Number',
    default: 30,
    minValue: 1,
    description: 'How long a report is kept; the same in both stacks that have it.',
  });

/** Where compliance reports lie until they expire: private, encrypted, reached over TLS only. */
export class ReportsBucket extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ prefix, expiration: Duration.days(1), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    const resource = this.bucket.node.defaultChild as CfnBucket;
    // Duration takes no parameter of the template
    resource.addPropertyOverride('LifecycleConfiguration.Rules.0.ExpirationInDays', reportDaysOf(scope).valueAsNumber);
    acknowledge(
      this.bucket,
      ['AwsSolutions-S1'],
      'Each report is asked for by an audited job, and its links by requests that the API logs; objects are copies of a trail that is kept elsewhere.',
    );
  }

  /** The function may write reports, and call off one that it was writing. */
  writtenBy(fn: RegistryFunction): void {
    fn.grant(['s3:PutObject', 's3:AbortMultipartUpload'], [this.objects], { REPORTS_BUCKET: this.bucket.bucketName });
    this.acknowledgeObjects(fn);
  }

  /** The function may make links that read reports. */
  linkedBy(fn: RegistryFunction): void {
    fn.grant(['s3:GetObject'], [this.objects], { REPORTS_BUCKET: this.bucket.bucketName });
    this.acknowledgeObjects(fn);
  }

  private get objects(): string {
    return this.bucket.arnForObjects(`${prefix}*`);
  }

  /** The finding names the bucket by its export, as the other stack sees it. */
  private acknowledgeObjects(fn: RegistryFunction): void {
    const { stack, bucketArn } = this.bucket;
    const { 'Fn::ImportValue': name } = stack.resolve(stack.exportValue(bucketArn)) as { readonly 'Fn::ImportValue': string };
    acknowledge(fn.role, [`AwsSolutions-IAM5[Resource::${name}/${prefix}*]`], 'Reports that are not written yet have no names.');
  }
}
