import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import { composeReconciler } from '../compose/events.ts';

const ExecutionEnded = z.object({
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.object({ name: z.string() }),
});

const logger = new Logger();
let composed: ReturnType<typeof composeReconciler> | undefined;

/** On a schedule: every open job whose lease ran out, events that are late, and archives whose time has come. On the end of an execution: its job, at once. */
export const handler = async (event: unknown): Promise<void> => {
  composed ??= composeReconciler();
  const ended = ExecutionEnded.safeParse(event);
  if (ended.success) {
    const [, jobId, attempt] = /^(.+)-(\d+)$/.exec(ended.data.detail.name) ?? [];
    if (jobId === undefined) return;
    const takenOver = await composed.reconcileExecution({ jobId, attempt: Number(attempt) });
    logger.info('execution ended', { job: jobId, attempt: Number(attempt), takenOver });
    return;
  }
  const { takenOver, leftAlone, failed } = await composed.sweep();
  for (const { jobId, error } of failed) logger.error('a job could not be taken over', { job: jobId, error: error as Error });
  const published = await composed.publishStrays();
  const due = [await composed.purgeTenantsDue(), await composed.purgeArchivesDue()];
  for (const { tenantId, error } of due.flatMap((purges) => purges.failed))
    logger.error('a purge could not be asked for', { tenant: tenantId, error: error as Error });
  logger.info('swept', { takenOver, leftAlone, published, purges: due.flatMap(({ requested }) => requested) });
};
