import { Unavailable } from '../../shared/domain/errors.ts';
import type { Job } from '../domain/job.ts';
import type { Executions } from './ports.ts';

/** Told when a job was written and its execution could not be started; the reconciler starts it. */
export type OnStartFailed = (jobId: string, error: Error) => void;

/** A job that is written is a job that will run: when its execution cannot be started now, the reconciler does it. */
export const startOrLeave = async (
  { executions, onStartFailed }: { readonly executions: Pick<Executions, 'start'>; readonly onStartFailed: OnStartFailed },
  job: Job,
): Promise<void> => {
  try {
    await executions.start(job);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    onStartFailed(job.id, error);
  }
};
