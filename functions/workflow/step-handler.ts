import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import { Malformed } from '../../contexts/shared/domain/errors.ts';
import { Ulid } from '../../contexts/shared/domain/names.ts';
import { jobErrorOf } from './job-error.ts';

const StepEvent = z.looseObject({ step: z.string(), jobId: Ulid, attempt: z.int().positive() });

type Steps<Answer> = Readonly<Record<string, (input: never) => Promise<Answer>>>;

/**
 * A workflow's own steps as one function: the payload's `step` names the use case. What a Catch put into `error` arrives there
 * as `{ name, message, facts }`. Composed on the first invocation, so that importing has no effects.
 */
export const makeStepHandler = <Answer>(compose: () => Steps<Answer>): ((event: unknown) => Promise<Answer>) => {
  const logger = new Logger();
  let steps: Steps<Answer> | undefined;
  return async (event) => {
    const { step, error, ...input } = StepEvent.parse(event);
    steps ??= compose();
    const run = Object.hasOwn(steps, step) ? steps[step] : undefined;
    if (!run) throw new Malformed(`the workflow has no step ${step}`);
    const context = { job: input.jobId, attempt: input.attempt, step };
    const startedAt = performance.now();
    try {
      const answer = await run((error === undefined ? input : { ...input, error: jobErrorOf(error) }) as never);
      logger.info('step done', { ...context, durationMs: Math.round(performance.now() - startedAt), answer });
      return answer;
    } catch (failure) {
      logger.error('step failed', { ...context, durationMs: Math.round(performance.now() - startedAt), error: failure as Error });
      throw failure;
    }
  };
};
