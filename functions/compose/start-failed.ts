import { Logger } from '@aws-lambda-powertools/logger';

/** A job is written and its execution could not be started: worth a line, no more. */
export const onStartFailed = (job: string, error: Error): void => {
  new Logger().warn('the execution did not start; the reconciler starts it', { job, error });
};
