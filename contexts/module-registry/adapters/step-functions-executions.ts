import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { Defect, Unavailable } from '../../shared/domain/errors.ts';
import type { Executions } from '../application/ports.ts';
import type { Job, JobKind } from '../domain/job.ts';

type ExecutionOf = Pick<Job, 'id' | 'attempt' | 'kind'>;

/** One execution an attempt, named `{job}-{attempt}`, with exactly those two in its input. Only kinds that have a machine here are started. */
export const makeStepFunctionsExecutions = (client: SFNClient, machineArns: Readonly<Partial<Record<JobKind, string>>>): Executions => {
  const machineOf = ({ id, kind }: ExecutionOf): string => {
    const arn = machineArns[kind];
    if (arn === undefined) throw new Defect(`job ${id} (${kind}) is not one that is started here`);
    return arn;
  };
  const named = ({ id, attempt }: ExecutionOf): string => `${id}-${attempt}`;
  return {
    start: (job) =>
      tolerating(['ExecutionAlreadyExists'], () =>
        client.send(
          new StartExecutionCommand({
            stateMachineArn: machineOf(job),
            name: named(job),
            input: JSON.stringify({ jobId: job.id, attempt: job.attempt }),
          }),
        ),
      ),
    stop: (job, cause) =>
      tolerating(['ExecutionDoesNotExist'], () =>
        client.send(
          new StopExecutionCommand({
            executionArn: `${machineOf(job).replace(':stateMachine:', ':execution:')}:${named(job)}`,
            error: 'TakenOver',
            cause,
          }),
        ),
      ),
  };
};

const tolerating = async (names: readonly string[], send: () => Promise<unknown>): Promise<void> => {
  try {
    await send();
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return;
    throw new Unavailable('Step Functions could not be reached', 5, { cause: error });
  }
};
