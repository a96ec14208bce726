/** A tenant's right to a module, from `since` until it is ended. */
export interface Entitlement {
  readonly tenantId: string;
  readonly module: string;
  readonly status: 'active' | 'ended';
  readonly since: Date;
  readonly endedAt?: Date;
}

/** Grants the right. Nothing new (`undefined`) where it stands already. */
export const grant = (
  tenantId: string,
  module: string,
  { before, at }: { readonly before: Entitlement | undefined; readonly at: Date },
): Entitlement | undefined => (before?.status === 'active' ? undefined : { tenantId, module, status: 'active', since: at });

/** Ends the right. Nothing new where there is none. What is installed goes on running. */
export const end = (before: Entitlement | undefined, at: Date): Entitlement | undefined =>
  before?.status === 'active' ? { ...before, status: 'ended', endedAt: at } : undefined;
