import type { Refusal } from '../../shared/domain/errors.ts';
import type { Quota } from '../../shared/domain/quota.ts';

/** What a tenant uses of its quota. */
export interface Usage {
  /** Those that are archived take storage only. */
  readonly modules: number;
  readonly concurrentJobs: number;
  /** As measured last. */
  readonly storageBytes: number;
}

/** What a change would add to it. Every change is one more job. */
export interface Wanted {
  /** Modules that the tenant does not have now, less those that it gives up. */
  readonly modules: number;
}

export type QuotaReason = 'quota-modules' | 'quota-storage' | 'quota-concurrent-jobs';

/**
 * What of the quota forbids the change; nothing where it may be made. Whoever has more than is allowed, since the plan was
 * lowered, keeps it and may give it up.
 */
export const quotaRefusals = (quota: Quota, usage: Usage, wanted: Wanted): readonly Refusal<QuotaReason>[] => {
  const grows = wanted.modules > 0;
  return [
    ...(grows && usage.modules + wanted.modules > quota.modules ? [tooManyModules(quota, usage, wanted)] : []),
    ...(grows && usage.storageBytes >= quota.storageBytes ? [tooMuchStorage(quota, usage)] : []),
    ...(usage.concurrentJobs >= quota.concurrentJobs ? [tooManyJobs(quota, usage)] : []),
  ];
};

const tooManyModules = ({ modules: limit }: Quota, { modules: used }: Usage, wanted: Wanted): Refusal<QuotaReason> => ({
  kind: 'unprocessable',
  reason: 'quota-modules',
  message: `the tenant has ${used} modules, ${wanted.modules} more are asked for, and its plan allows ${limit}; uninstall what is not needed, or choose a larger plan`,
  facts: { used, wanted: wanted.modules, limit },
});

const tooMuchStorage = ({ storageBytes: limit }: Quota, { storageBytes: used }: Usage): Refusal<QuotaReason> => ({
  kind: 'unprocessable',
  reason: 'quota-storage',
  message: `the tenant’s database holds ${used} bytes, and its plan allows ${limit}; purge what is archived, delete data, or choose a larger plan`,
  facts: { used, limit },
});

const tooManyJobs = ({ concurrentJobs: limit }: Quota, { concurrentJobs: used }: Usage): Refusal<QuotaReason> => ({
  kind: 'conflict',
  reason: 'quota-concurrent-jobs',
  message: `${used} jobs are changing the tenant’s modules, and its plan allows ${limit} at a time; ask again when one of them has ended`,
  facts: { used, limit },
});
