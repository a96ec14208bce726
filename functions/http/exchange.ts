import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Caller, Route, TenantRef } from '../../contexts/shared/application/route.ts';

/** A request as the HTTP API hands it over; the claims of the verified token are there unless the route is public. */
export type ApiEvent = APIGatewayProxyEventV2 & {
  readonly requestContext: { readonly authorizer?: { readonly jwt?: { readonly claims?: Readonly<Record<string, unknown>> } } };
};
export type ApiResult = APIGatewayProxyStructuredResultV2;

/** What the middleware learns about a request on its way through, for the access log and the problem documents. */
export interface Exchange {
  readonly requestId: string;
  readonly startedAt: number;
  route?: Route;
  caller?: Caller;
  tenant?: TenantRef;
  /** The last segment of the problem's type, when the request was refused or failed. */
  reason?: string;
}

const exchanges = new WeakMap<ApiEvent, Exchange>();

/** The exchange of an event; begun on first sight. */
export const exchangeOf = (event: ApiEvent): Exchange => {
  const known = exchanges.get(event);
  if (known) return known;
  const begun: Exchange = { requestId: requestIdOf(event), startedAt: performance.now() };
  exchanges.set(event, begun);
  return begun;
};

/** The caller's `x-request-id` when it is one, else the gateway's. It goes into logs, so its alphabet is narrow. */
const requestIdOf = ({ headers, requestContext }: ApiEvent): string => {
  const sent = headers['x-request-id'];
  return sent !== undefined && /^[\w.:+/=-]{1,128}$/.test(sent) ? sent : requestContext.requestId;
};
