import * as z from 'zod';

const Amount = z.int().nonnegative();

/** What a tenant may use at most; its plan says so. */
export const Quota = z
  .object({
    /** Installed, or about to be. */
    modules: Amount,
    /** Jobs that change the tenant's modules at the same time. */
    concurrentJobs: Amount,
    /** Of the tenant's database, archives included. */
    storageBytes: Amount,
    /** Of the tenant's own users, over all of the API; approximate. */
    requestsPerMinute: z.int().positive(),
  })
  .readonly();
export type Quota = z.infer<typeof Quota>;
