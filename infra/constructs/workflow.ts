import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';
import type { RegistryFunction } from './registry-function.ts';

export interface WorkflowProps {
  /** The state machine file, as it is tested. */
  readonly definition: string;
  /** What `${name}` stands for in it: the workflow's own steps. */
  readonly steps: { readonly name: string; readonly function: RegistryFunction };
}

/** A Standard workflow from its file. It may invoke its own steps; modules' stacks add their migrators to `role`. */
export class Workflow extends Construct {
  readonly machine: StateMachine;
  readonly name: string;
  /** Every execution of the machine, for rights to stop them. */
  readonly executionArns: string;
  readonly role: Role;

  constructor(scope: Construct, id: string, { definition, steps }: WorkflowProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    steps.function.function.grantInvoke(this.role);
    const logs = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/states/module-registry-${id}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.name = `module-registry-${id}`;
    this.executionArns = `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:execution:${this.name}:*`;
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: this.name,
      definitionBody: DefinitionBody.fromFile(definition),
      definitionSubstitutions: { [steps.name]: steps.function.function.functionArn },
      role: this.role,
      tracingEnabled: true,
      logs: { destination: logs, level: LogLevel.ALL, includeExecutionData: false },
    });
    acknowledge(
      this.role,
      ['AwsSolutions-IAM5[Resource::*]'],
      'Delivery of vended logs and X-Ray segments name no resource; nothing else is granted on *.',
    );
    acknowledge(
      this.role,
      [`AwsSolutions-IAM5[Resource::<${idOf(steps.function)}.Arn>:*]`],
      'The versions and aliases of the workflow’s own steps.',
    );
  }
}

const idOf = ({ function: fn }: RegistryFunction): string => fn.stack.getLogicalId(fn.node.defaultChild as never);
