import type { Job } from '../../contexts/module-registry/index.ts';
import { entitlementUseWrites } from './entitlement-use.ts';
import { tenantStatusWrites } from './tenant-status.ts';

/** What the other contexts store in the transaction that gives a job a new state. */
export const jobWrites = (job: Job): readonly unknown[] => [...tenantStatusWrites(job), ...entitlementUseWrites(job)];
