import type { Quota } from '../../shared/domain/quota.ts';

const gigabyte = 1_000_000_000;

/** The plans that a tenant may be on, and what each of them allows. */
export const subscriptionPlans = {
  free: { modules: 3, concurrentJobs: 1, storageBytes: gigabyte, requestsPerMinute: 300 },
  standard: { modules: 20, concurrentJobs: 4, storageBytes: 20 * gigabyte, requestsPerMinute: 6_000 },
  enterprise: { modules: 1_000, concurrentJobs: 16, storageBytes: 1_000 * gigabyte, requestsPerMinute: 60_000 },
} as const satisfies Readonly<Record<string, Quota>>;

export const subscriptionPlanNames = ['free', 'standard', 'enterprise'] as const satisfies readonly (keyof typeof subscriptionPlans)[];

/** What the plan of that name allows; undefined where there is no such plan. */
export const quotaOf = (name: string): Quota | undefined => {
  const known = subscriptionPlanNames.find((plan) => plan === name);
  return known && subscriptionPlans[known];
};
