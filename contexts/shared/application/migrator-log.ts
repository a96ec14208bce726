import type { MigratorRequest } from '../domain/migrator-contract.ts';
import type { MigratorAnswer } from './migrator-runner.ts';

/** Writes one line; `fields` hold ids, names and numbers, never row data. */
export interface StepLog {
  readonly info: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly error: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

type Run = (request: MigratorRequest) => Promise<MigratorAnswer>;

/** One structured line for each operation: job, tenant, module, step, duration and what came of it. */
export const logged =
  (run: Run, log: StepLog, now: () => number): Run =>
  async (request) => {
    const begun = now();
    const fields = { ...fieldsOf(request), step: request.operation };
    try {
      const answer = await run(request);
      log.info('migrator step', { ...fields, durationMs: now() - begun, ...progressOf(answer) });
      return answer;
    } catch (error) {
      log.error('migrator step failed', { ...fields, durationMs: now() - begun, error: describe(error) });
      throw error;
    }
  };

const fieldsOf = (request: MigratorRequest): Readonly<Record<string, unknown>> => ({
  module: request.module,
  ...('jobId' in request ? { job: request.jobId, attempt: request.attempt } : {}),
  ...('target' in request ? { tenant: request.target.tenantId } : {}),
  ...('hook' in request ? { hook: request.hook } : {}),
  ...('undo' in request ? { undo: request.undo } : {}),
  ...('archive' in request && typeof request.archive === 'number' ? { archive: request.archive } : {}),
});

const progressOf = (answer: MigratorAnswer): Readonly<Record<string, unknown>> =>
  'done' in answer ? { done: answer.done, applied: answer.applied, total: answer.total } : {};

/** An error of the Data API quotes the row that broke a constraint, so of a service's own errors only the name is written. */
const describe = (error: unknown): Readonly<Record<string, unknown>> => {
  if (!(error instanceof Error)) return { message: 'something that is no error was thrown' };
  const { name, message, stack, cause } = error;
  if ('$metadata' in error) return { name };
  const facts = 'facts' in error ? { facts: error.facts } : {};
  return { name, message, stack, ...facts, ...(cause === undefined ? {} : { cause: describe(cause) }) };
};
