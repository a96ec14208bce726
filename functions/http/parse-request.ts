import * as z from 'zod';
import type { Caller, Route, RouteRequest, TenantRef } from '../../contexts/shared/application/route.ts';
import { Malformed } from '../../contexts/shared/domain/errors.ts';
import type { ApiEvent } from './exchange.ts';
import { fieldErrors, type Place, type PlacedFieldError } from './field-errors.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { ifMatchOf } from './if-match.ts';
import { bodyText, parseJson } from './json-body.ts';

const nothing = z.strictObject({});

/** The request as the route's handler reads it. Rejects with `Malformed` naming every field that is wrong, wherever it stands. */
export const parseRequest = (
  route: Route,
  event: ApiEvent,
  known: { readonly caller: Caller; readonly tenant: TenantRef | undefined; readonly requestId: string },
): RouteRequest => {
  const text = bodyText(event);
  const params = parsed(route.params ?? nothing, pathParameters(route, event), 'path');
  const query = parsed(route.query ?? nothing, event.queryStringParameters ?? {}, 'query');
  const body = parsedBody(route, text);
  const errors = [params, query, body].flatMap((part) => part.errors);
  if (errors.length > 0) throw new Malformed(sentence(errors), errors);
  const ifMatch = ifMatchOf(route, event);
  const idempotency = idempotencyKeyOf(event, { ...known, body: text });
  return {
    ...known,
    ...{ params: params.value, query: query.value, body: body.value },
    ...(idempotency ? { idempotency } : {}),
    ...(ifMatch ? { ifMatch } : {}),
  };
};

interface Parsed {
  readonly value?: unknown;
  readonly errors: readonly PlacedFieldError[];
}

const parsed = (schema: z.ZodType, input: unknown, place: Place): Parsed => {
  const result = schema.safeParse(input, { reportInput: true });
  return result.success ? { value: result.data, errors: [] } : { errors: fieldErrors(result.error.issues, place) };
};

/** A missing body is `{}`. What a GET or DELETE carries is nobody's business; any other route without a schema takes no field. */
const parsedBody = (route: Route, text: string | undefined): Parsed => {
  if (route.body === undefined && (route.method === 'GET' || route.method === 'DELETE')) return { errors: [] };
  const { value, errors } = parsed(route.body ?? nothing, text === undefined ? {} : parseJson(text), 'body');
  return { errors, ...(route.body === undefined ? {} : { value }) };
};

/** The parameters that the route's path declares, but the tenant, which is resolved apart. */
const pathParameters = (route: Route, { pathParameters = {} }: ApiEvent): Readonly<Record<string, string>> => {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => (name === undefined || name === 'tenant' ? [] : [name]));
  return Object.fromEntries(names.map((name) => [name, pathParameters[name] ?? '']));
};

const sentence = (errors: readonly PlacedFieldError[]): string => {
  const names = [...new Set(errors.map(({ field }) => field))];
  return `the request is wrong in ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}; see errors`;
};
