import { acknowledge } from '../checks/acknowledge.ts';
import type { RegistryFunction } from './registry-function.ts';
import type { Workflow } from './workflow.ts';

/** The workflows that do jobs. */
export type Machines = Readonly<Record<'install' | 'uninstall' | 'provision' | 'deprovision' | 'report', Workflow>>;

/** The function may start any job's execution. */
export const startsJobs = (fn: RegistryFunction, machines: Machines): void => {
  const named = Object.entries(machines).map(
    ([name, { machine }]) => [`${name.toUpperCase()}_MACHINE_ARN`, machine.stateMachineArn] as const,
  );
  fn.grant(
    ['states:StartExecution'],
    named.map(([, arn]) => arn),
    Object.fromEntries(named),
  );
};

/** The function may stop the executions of these. */
export const stopsJobs = (fn: RegistryFunction, machines: readonly Workflow[]): void => {
  fn.grant(
    ['states:StopExecution'],
    machines.map(({ executionArns }) => executionArns),
  );
  acknowledge(
    fn.role,
    machines.map(
      ({ name }) => `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${name}:*]`,
    ),
    'Any execution of the machines may have to be stopped.',
  );
};
