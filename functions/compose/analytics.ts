import { makeCountChanges, makeDynamoCounter } from '../../contexts/analytics/index.ts';
import { hasEnded, type Job } from '../../contexts/module-registry/index.ts';
import { Defect } from '../../contexts/shared/domain/errors.ts';
import { clock, openJobs, openTable } from './registry.ts';

export const composeAnalytics = () => {
  const table = openTable();
  const jobs = openJobs(table);
  return {
    isEnd: (state: string): boolean => hasEnded({ state: state as Job['state'] }),
    countChanges: makeCountChanges({
      counter: makeDynamoCounter(table),
      clock,
      planOf: async (jobId) => {
        const job = await jobs.get(jobId);
        if (!job) throw new Defect(`the trail tells of job ${jobId}, which is not there`, { job: jobId });
        return { kind: job.kind, changes: job.modules };
      },
    }),
  };
};
