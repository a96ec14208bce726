import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { Unavailable } from '../../shared/domain/errors.ts';
import type { Executions } from '../application/ports.ts';
import type { Job, JobKind } from '../domain/job.ts';

type ExecutionOf = Pick<Job, 'id' | 'attempt' | 'kind'>;

/** One execution an attempt, named `{job}-{attempt}`, with exactly those two in its input. */
export const makeStepFunctionsExecutions = (client: SFNClient, machineArns: Readonly<Record<JobKind, string>>): Executions => {
  const named = ({ id, attempt }: ExecutionOf): string => `${id}-${attempt}`;
  return {
    start: (job) =>
      tolerating(['ExecutionAlreadyExists'], () =>
        client.send(
          new StartExecutionCommand({
            stateMachineArn: machineArns[job.kind],
            name: named(job),
            input: JSON.stringify({ jobId: job.id, attempt: job.attempt }),
          }),
        ),
      ),
    stop: (job, cause) =>
      tolerating(['ExecutionDoesNotExist'], () =>
        client.send(
          new StopExecutionCommand({
            executionArn: `${machineArns[job.kind].replace(':stateMachine:', ':execution:')}:${named(job)}`,
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
