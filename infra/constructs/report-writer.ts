import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { DataStack } from '../stacks/data-stack.ts';
import { RegistryFunction } from './registry-function.ts';
import { reportDaysOf } from './reports-bucket.ts';
import { Workflow } from './workflow.ts';

const root = `${import.meta.dirname}/../..`;

export interface ReportWriterProps {
  readonly data: DataStack;
  readonly leaseSeconds: string;
}

/** The workflow that writes compliance reports, and its steps: of the table they may read trails and change jobs, no more. */
export const makeReportWriter = (scope: Construct, { data, leaseSeconds }: ReportWriterProps): Workflow => {
  const { tableArn, tableName } = data.table;
  const steps = new RegistryFunction(scope, 'ReportSteps', {
    entry: `${root}/functions/workflow/report-steps.ts`,
    timeout: Duration.seconds(870),
    memorySize: 1024,
  }).grant(['dynamodb:Query'], [`${tableArn}/index/gsi2`], { TABLE_NAME: tableName, LEASE_SECONDS: leaseSeconds });
  steps.role.addToPolicy(onItems(tableArn, ['GetItem', 'PutItem', 'UpdateItem'], ['JOB#*']));
  data.reports.writtenBy(steps);
  steps.tell({ REPORT_DAYS: reportDaysOf(scope).valueAsString });
  return new Workflow(scope, 'WriteReport', {
    definition: `${root}/statemachines/write-report.asl.json`,
    steps: { name: 'ReportSteps', function: steps },
  });
};

/** Lets a function that may otherwise only read the registry's table ask for reports, and see what became of them. */
export const mayRequestReports = (
  fn: RegistryFunction,
  { data, workflow }: { readonly data: DataStack; readonly workflow: Workflow },
): void => {
  fn.role.addToPolicy(onItems(data.table.tableArn, ['PutItem'], ['JOB#*', 'IDEMPOTENCY#*']));
  const { stateMachineArn } = workflow.machine;
  fn.grant(['states:StartExecution'], [stateMachineArn], { REPORT_MACHINE_ARN: stateMachineArn });
  data.reports.linkedBy(fn);
};

const onItems = (tableArn: string, actions: readonly string[], leadingKeys: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...leadingKeys] }, Null: { 'dynamodb:LeadingKeys': 'false' } },
  });
