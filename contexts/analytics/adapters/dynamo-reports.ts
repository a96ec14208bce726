import type { Table, Write } from '../../shared/adapters/dynamo-table.ts';
import type { Reports, WrittenReport } from '../application/ports.ts';

/** Beside the job that wrote it. */
const keyOf = (jobId: string) => ({ pk: `JOB#${jobId}`, sk: 'REPORT' });

/** The write that goes with the end of the job. */
export const reportPut = (jobId: string, { key, bytes, events, whole, writtenAt, goneAt }: WrittenReport): Write => ({
  Put: {
    Item: {
      ...keyOf(jobId),
      type: 'Report',
      ...{ key, bytes, events, whole },
      writtenAt: writtenAt.toISOString(),
      goneAt: goneAt.toISOString(),
    },
  },
});

type Stored = Omit<WrittenReport, 'writtenAt' | 'goneAt'> & { readonly writtenAt: string; readonly goneAt: string };

export const makeDynamoReports = (table: Pick<Table, 'get'>): Reports => ({
  read: async (jobId) => {
    const item = await table.get(keyOf(jobId));
    if (!item) return undefined;
    const { key, bytes, events, whole, writtenAt, goneAt } = item as unknown as Stored;
    return { key, bytes, events, whole, writtenAt: new Date(writtenAt), goneAt: new Date(goneAt) };
  },
});
