import type { Denial } from '../../contexts/analytics/index.ts';
import { Refused } from '../../contexts/shared/domain/errors.ts';
import { TenantSlug, Ulid } from '../../contexts/shared/domain/names.ts';
import type { ApiEvent, Exchange } from './exchange.ts';

const denied = ['another-tenant', 'role-not-allowed'] as const;

/** The denial in what was thrown, if somebody who is known asked for what is not theirs. */
export const denialIn = (error: unknown, { caller, route }: Exchange, { pathParameters }: ApiEvent): Denial | undefined => {
  const reason = error instanceof Refused ? denied.find((known) => known === error.refusal.reason) : undefined;
  if (reason === undefined || !caller || !route) return undefined;
  const tenant = pathParameters?.['tenant'];
  return {
    subject: caller.subject,
    role: caller.role,
    ...(caller.tenantId === undefined ? {} : { ofTenant: caller.tenantId }),
    operation: route.operationId,
    reason,
    ...(isNameable(tenant) ? { tenant } : {}),
  };
};

const isNameable = (named: string | undefined): named is string => TenantSlug.safeParse(named).success || Ulid.safeParse(named).success;
