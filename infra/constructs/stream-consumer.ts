import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import type { RegistryFunction } from './registry-function.ts';

export interface StreamConsumerProps {
  /** Gets the records; it is given the right to read them, and to leave what it cannot take in the queue. */
  readonly consumer: RegistryFunction;
  /** The table whose stream is read, from its beginning. */
  readonly table: Table;
  /** Only records that match one of these reach the function. */
  readonly patterns: readonly object[];
  /** How long records are gathered for one batch. */
  readonly windowSeconds: number;
  /** The function answers the first record it did not take; else a batch that fails comes again whole, or in halves. */
  readonly reportsFailures: boolean;
}

/** A function that is handed what the table's stream tells, in order and at least once. */
export class StreamConsumer extends Construct {
  /** Where it is said what could not be delivered. */
  readonly failures: Queue;

  constructor(scope: Construct, id: string, { consumer, table, patterns, windowSeconds, reportsFailures }: StreamConsumerProps) {
    super(scope, id);
    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.failures, ['AwsSolutions-SQS3'], 'This is the queue for what could not be delivered.');
    const streamArn = table.tableStreamArn ?? '';
    consumer
      .grant(['sqs:SendMessage'], [this.failures.queueArn])
      .grant(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'], [streamArn]);
    const mapping = new CfnEventSourceMapping(this, 'Mapping', {
      functionName: consumer.function.functionArn,
      eventSourceArn: streamArn,
      startingPosition: 'TRIM_HORIZON',
      batchSize: 100,
      maximumBatchingWindowInSeconds: windowSeconds,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 3,
      ...(reportsFailures ? { functionResponseTypes: ['ReportBatchItemFailures'] } : {}),
      filterCriteria: { filters: patterns.map((pattern) => ({ pattern: JSON.stringify(pattern) })) },
      destinationConfig: { onFailure: { destination: this.failures.queueArn } },
    });
    mapping.node.addDependency(consumer.role);
  }
}
