import type middy from '@middy/core';
import { type ApiEvent, type ApiResult, exchangeOf } from './exchange.ts';
import { accessRecord, type Observe } from './observe.ts';
import { problemAnswer, problemOf, reasonOf } from './problem.ts';

export type ApiMiddleware = middy.MiddlewareObj<ApiEvent, ApiResult>;

/** Outermost: begins the exchange, and reports it whatever came of it. */
export const observed = (observe: () => Observe): ApiMiddleware => {
  const report = ({ event, response, error }: middy.Request<ApiEvent, ApiResult>): void => {
    const status = response?.statusCode ?? 500;
    observe()(accessRecord(event, exchangeOf(event), status), status >= 500 ? error : undefined);
  };
  return { before: ({ event }) => void exchangeOf(event), after: report, onError: report };
};

/** The request id and the headers that keep a browser from doing anything with an answer but reading it. An answer may set its own. */
export const headed = (): ApiMiddleware => {
  const head = (request: middy.Request<ApiEvent, ApiResult>): void => {
    const own = { 'x-request-id': exchangeOf(request.event).requestId };
    if (request.response) request.response.headers = { ...safeHeaders, ...request.response.headers, ...own };
  };
  return { after: head, onError: head };
};

const safeHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Innermost: turns whatever was thrown into a problem document. */
export const problems = (): ApiMiddleware => ({
  onError: (request) => {
    const exchange = exchangeOf(request.event);
    const at = { path: request.event.rawPath, requestId: exchange.requestId };
    exchange.reason = reasonOf(problemOf(request.error, at));
    request.response = problemAnswer(request.error, at);
  },
});
