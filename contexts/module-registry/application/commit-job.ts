import type { KeptSecrets } from '../domain/configuration.ts';
import { hasEnded, isDone } from '../domain/job.ts';
import type { ConfigurationSecrets, OnSecretLeft } from './configuration-ports.ts';
import { forgetGiven } from './given-configuration.ts';
import type { JobCommit, JobStore } from './ports.ts';

export interface CommitJobPorts {
  readonly jobs: Pick<JobStore, 'commit' | 'configuration'>;
  readonly secrets: Pick<ConfigurationSecrets, 'remove' | 'removeAll'>;
  readonly onSecretLeft: OnSecretLeft;
}

/**
 * Stores a change of a job, and of a job's end also what it means for write-only values. What is purged goes before the end is
 * stored: a purge is never undone. What the job leaves nobody to point to goes afterwards, when that is certain; should that not be
 * possible, the job has ended all the same.
 */
export const commitJob = async (ports: CommitJobPorts, commit: JobCommit): Promise<void> => {
  const { job, tenantModules } = commit;
  if (isDone(job) && job.kind === 'purge') for (const { module } of tenantModules) await ports.secrets.removeAll(job.tenantId, module);
  await ports.jobs.commit(commit);
  if (!hasEnded(job)) return;
  await removeUnused(ports, commit).catch((error: unknown) => ports.onSecretLeft(job.tenantId, error));
};

const removeUnused = async ({ jobs, secrets }: CommitJobPorts, { job, tenantModules }: JobCommit): Promise<void> => {
  const { tenantId } = job;
  // a person may still try it again, or say that it was done by hand
  if (job.state === 'Failed' || job.state === 'ManualIntervention') return;
  if (!isDone(job)) return forgetGiven(secrets, tenantId, bringing.has(job.kind) ? await jobs.configuration(job.id) : {});
  for (const { module, before, after } of tenantModules)
    if (before?.secrets && after && isOther(before.secrets, after.secrets)) await secrets.remove({ tenantId, module }, before.secrets.ref);
};

/** Kinds of jobs whose requests may bring a configuration. */
const bringing: ReadonlySet<string> = new Set(['install', 'upgrade', 'downgrade']);

const isOther = (before: KeptSecrets, after: KeptSecrets | undefined): boolean => before.ref !== after?.ref;
