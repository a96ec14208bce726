import { createHash } from 'node:crypto';
import type { Caller, IdempotencyKey, TenantRef } from '../../contexts/shared/application/route.ts';
import { Malformed } from '../../contexts/shared/domain/errors.ts';
import type { ApiEvent } from './exchange.ts';
import type { PlacedFieldError } from './field-errors.ts';

const field = 'Idempotency-Key';
const changing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Who sent what: two calls share an idempotency key only when all of it is the same. */
interface KeyScope {
  readonly caller: Caller;
  readonly tenant: TenantRef | undefined;
  readonly body: string | undefined;
}

/** The `Idempotency-Key` of a request that changes something, scoped; undefined without one. Rejects with `Malformed` one that is not printable ASCII. */
export const idempotencyKeyOf = (event: ApiEvent, { caller, tenant, body }: KeyScope): IdempotencyKey | undefined => {
  const { method } = event.requestContext.http;
  const sent = event.headers['idempotency-key'];
  if (sent === undefined || !changing.has(method)) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(sent)) throw new Malformed('the request has a wrong header', [wrongKey]);
  const scope = [tenant?.id ?? caller.tenantId ?? null, caller.subject, method, event.rawPath, sent];
  return { id: sha256(JSON.stringify(scope)), bodyHash: sha256(JSON.stringify([sent, body ?? ''])) };
};

const wrongKey: PlacedFieldError = { field, in: 'header', message: 'is 1 to 255 printable ASCII characters without spaces' };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
