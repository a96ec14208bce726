/** What a tenant's module is to its subscription: asked for, or in use. Absent is the absence of this. */
export interface EntitlementUse {
  readonly tenantId: string;
  readonly module: string;
  readonly status: 'reserved' | 'captured';
  /** The job that asked for it, or brought it; absent where a repair found the module standing. */
  readonly jobId?: string;
  readonly since: Date;
}

/** What becomes of a use: reserved at request, captured once the module stands, released when it does not or no more. */
export type UseChange = 'reserve' | 'capture' | 'release';

export interface UseFacts {
  readonly tenantId: string;
  readonly module: string;
  readonly jobId?: string;
  readonly at: Date;
}

/** The use after a change; `undefined` when there is none. Whoever makes the change holds the tenant's module, so it asks nothing of what was before. */
export const useAfter = (change: UseChange, { tenantId, module, jobId, at }: UseFacts): EntitlementUse | undefined =>
  change === 'release'
    ? undefined
    : { tenantId, module, ...(jobId === undefined ? {} : { jobId }), since: at, status: change === 'reserve' ? 'reserved' : 'captured' };
