import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export interface RegistryAlarmsProps {
  readonly installMachine: StateMachine;
  /** Where it is said what the stream could not deliver to them. */
  readonly failures: { readonly publisher: Queue; readonly analytics: Queue };
  readonly apiId: string;
}

const period = Duration.minutes(5);

/** The functions that may end a job. */
const endingJobs = ['ModuleSteps', 'ProvisionSteps', 'Reconciler'];

const interventions = (service: string): Metric =>
  new Metric({ namespace: 'ModuleRegistry', metricName: 'ManualIntervention', dimensionsMap: { service }, statistic: 'Sum', period });

/** Each alarm's description names the runbook that says what to do. */
export class RegistryAlarms extends Construct {
  constructor(scope: Construct, id: string, { installMachine, failures, apiId }: RegistryAlarmsProps) {
    super(scope, id);
    const failed = installMachine.metricFailed({ period, statistic: 'Sum' });
    const started = installMachine.metricStarted({ period, statistic: 'Sum' });
    this.alarm('InstallFailureRate', 'install-failure-rate', {
      metric: new MathExpression({ expression: 'IF(started > 0, 100 * failed / started, 0)', usingMetrics: { failed, started }, period }),
      threshold: 5,
    });
    this.alarm('ManualIntervention', 'manual-intervention', {
      metric: new MathExpression({
        expression: 'SUM(METRICS())',
        usingMetrics: Object.fromEntries(endingJobs.map((service) => [service.toLowerCase(), interventions(service)])),
        period,
      }),
      threshold: 0,
    });
    this.alarm('PublisherFailures', 'publisher-failures', {
      metric: failures.publisher.metricApproximateNumberOfMessagesVisible({ period }),
      threshold: 0,
    });
    this.alarm('AnalyticsFailures', 'analytics-failures', {
      metric: failures.analytics.metricApproximateNumberOfMessagesVisible({ period }),
      threshold: 0,
    });
    this.alarm('ApiErrors', 'api-errors', {
      metric: new Metric({ namespace: 'AWS/ApiGateway', metricName: '5xx', dimensionsMap: { ApiId: apiId }, statistic: 'Sum', period }),
      threshold: 5,
    });
  }

  private alarm(name: string, runbook: string, { metric, threshold }: { readonly metric: IMetric; readonly threshold: number }): void {
    new Alarm(this, name, {
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `See docs/runbooks/${runbook}.md`,
    });
  }
}
