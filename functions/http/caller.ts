import * as z from 'zod';
import type { Caller, Role, Route } from '../../contexts/shared/application/route.ts';
import { Refused } from '../../contexts/shared/domain/errors.ts';
import { Ulid } from '../../contexts/shared/domain/names.ts';
import type { ApiEvent } from './exchange.ts';
import { Unauthenticated } from './unauthenticated.ts';

const Subject = z.string().min(1).max(255);
const roles = ['platform-admin', 'tenant-admin', 'tenant-viewer'] as const satisfies readonly Role[];

/** Who asks. Throws `Unauthenticated` without a verified token, or `Refused` (403) where its claims do not say who it is. */
export const identify = (route: Route, event: ApiEvent): Caller =>
  route.roles === 'public' ? { subject: 'anonymous', role: 'public' } : callerOf(event.requestContext.authorizer?.jwt?.claims);

/** Throws `Refused` (403) for a role that may not call this route. */
export const admit = (route: Route, caller: Caller): void => {
  if (route.roles === 'public' || (route.roles as readonly string[]).includes(caller.role)) return;
  throw new Refused({
    kind: 'forbidden',
    reason: 'role-not-allowed',
    message: `the role ${caller.role} may not do this; it takes ${route.roles.join(' or ')}`,
    facts: { role: caller.role, allowed: route.roles },
  });
};

const callerOf = (claims: Readonly<Record<string, unknown>> | undefined): Caller => {
  const subject = Subject.safeParse(claims?.['sub']);
  if (!claims || !subject.success) throw new Unauthenticated('the request carries no verified token with a subject');
  const role = roles.find((known) => known === claims['role']);
  if (role === undefined) throw new Refused(unknownRole);
  const tenant = Ulid.safeParse(claims['tenant']);
  const common = { subject: subject.data };
  if (role === 'platform-admin') return { ...common, role, ...(tenant.success ? { tenantId: tenant.data } : {}) };
  if (!tenant.success) throw new Refused(noTenant);
  return { ...common, role, tenantId: tenant.data };
};

const unknownRole = {
  kind: 'forbidden',
  reason: 'unknown-role',
  message: `the token's claim "role" must be one of ${roles.join(', ')}`,
  facts: { allowed: roles },
} as const;

const noTenant = {
  kind: 'forbidden',
  reason: 'tenant-claim-missing',
  message: 'a token with a tenant role needs the claim "tenant" with the id of its tenant',
} as const;
