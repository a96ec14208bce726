import type { FieldError, RefusalKind } from '../../contexts/shared/domain/errors.ts';
import { Contended, Malformed, Refused, Unavailable } from '../../contexts/shared/domain/errors.ts';
import type { ApiResult } from './exchange.ts';
import { TooManyRequests } from './too-many-requests.ts';
import { Unauthenticated } from './unauthenticated.ts';

const problemTypes = 'https://module-registry.example/problems/';

/** RFC 9457. `type` is stable and ends in the reason; further members are facts about the refusal. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** A sentence: what happened, to what, and what to do. */
  readonly detail: string;
  readonly instance: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
  readonly [fact: string]: unknown;
}

interface Verdict {
  readonly status: number;
  readonly reason: string;
  readonly detail: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly FieldError[];
}

const statusOf: Readonly<Record<RefusalKind, number>> = {
  'payment-required': 402,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'precondition-failed': 412,
  unprocessable: 422,
  'precondition-required': 428,
};

/** The problem document for whatever was thrown. What is not ours to tell becomes a 500 that says nothing but the request's id. */
export const problemOf = (error: unknown, at: { readonly path: string; readonly requestId: string }): Problem => {
  const { status, reason, detail, facts = {}, errors } = judge(error, at.requestId);
  const title = reason.charAt(0).toUpperCase() + reason.slice(1).replaceAll('-', ' ');
  const document = { type: `${problemTypes}${reason}`, title, status, detail, instance: at.path, requestId: at.requestId };
  return { ...facts, ...document, ...(errors === undefined ? {} : { errors }) };
};

/** The problem document as an answer, with Retry-After where trying again makes sense. */
export const problemAnswer = (error: unknown, at: { readonly path: string; readonly requestId: string }): ApiResult => {
  const problem = problemOf(error, at);
  const retry = retryAfter(error);
  return {
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json', ...(retry === undefined ? {} : { 'retry-after': String(retry) }) },
    body: JSON.stringify(problem),
  };
};

const retryAfter = (error: unknown): number | undefined => {
  if (error instanceof Unavailable || error instanceof TooManyRequests) return error.retryAfterSeconds;
  return error instanceof Contended ? 1 : undefined;
};

export const reasonOf = ({ type }: Problem): string => type.slice(problemTypes.length);

const judge = (error: unknown, requestId: string): Verdict => {
  if (error instanceof Malformed) return { status: 400, reason: 'malformed', detail: error.message, errors: error.fields };
  if (error instanceof Unauthenticated) return { status: 401, reason: 'unauthenticated', detail: error.message };
  if (error instanceof Refused) {
    const { kind, reason, message, facts = {} } = error.refusal;
    return { status: statusOf[kind], reason, detail: message, facts };
  }
  if (error instanceof Contended)
    return {
      status: 409,
      reason: 'contended',
      detail: 'other requests kept changing the same thing at this moment; send the request again',
    };
  if (error instanceof TooManyRequests) return { status: 429, reason: 'too-many-requests', detail: error.message };
  if (error instanceof Unavailable)
    return {
      status: 503,
      reason: 'unavailable',
      detail: `a part of the service is briefly absent; send the request again in ${error.retryAfterSeconds} seconds`,
    };
  return {
    status: 500,
    reason: 'internal',
    detail: `the service has a defect; report it with the request id ${requestId}`,
  };
};
