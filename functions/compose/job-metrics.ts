import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Job } from '../../contexts/module-registry/index.ts';

/** One service for all functions that see a job to its end: the alarms look at the sum. */
const service = 'ModuleSteps';

const countOf = ({ state }: Job): string => {
  if (state === 'ManualIntervention') return 'ManualIntervention';
  if (state === 'Cancelled') return 'JobsCancelled';
  return state === 'Failed' ? 'JobsFailed' : 'JobsSucceeded';
};

/** How jobs end, and how long they took from request to end. The job's id and kind are no dimensions: each would be billed as a metric. */
export const openJobMetrics = () => {
  const metrics = new Metrics({ namespace: 'ModuleRegistry', serviceName: service });
  return (job: Job): void => {
    metrics.addMetric(countOf(job), MetricUnit.Count, 1);
    metrics.addMetric('JobDuration', MetricUnit.Milliseconds, job.updatedAt.getTime() - job.createdAt.getTime());
    metrics.addMetadata('job', job.id);
    metrics.addMetadata('kind', job.kind);
    metrics.publishStoredMetrics();
  };
};
