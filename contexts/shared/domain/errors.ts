/**
 * Errors are sorted by what happens next, not by where they arose. `name` is a literal because it is all that survives
 * bundling, Lambda and Step Functions; facts are fields, so nobody parses a message.
 */

/** One thing wrong with a request or a file: where (`configuration.theme`, `dependencies[0].range`) and what. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** Nonsense at the edge: 400. The caller must change the request. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  readonly fields: readonly FieldError[];
  constructor(message: string, fields: readonly FieldError[] = [], options?: ErrorOptions) {
    super(message, options);
    this.fields = fields;
  }
}

/** What a refusal means to the caller; the HTTP status follows from it (402, 403, 404, 409, 412, 422, 428). */
export type RefusalKind =
  | 'payment-required'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'precondition-failed'
  | 'unprocessable'
  | 'precondition-required';

/** A rule says no. A value, so that decisions stay pure; `facts` are ids and names that the answer carries as fields. */
export interface Refusal<Reason extends string = string> {
  readonly kind: RefusalKind;
  /** Stable, kebab-case; the last segment of the problem document's `type`. */
  readonly reason: Reason;
  /** A sentence: what was refused, why, and what to do. */
  readonly message: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** A refusal on its way out of a use case: settled as failed with nothing to undo; 402 to 428 over HTTP by kind. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;
  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.message, options);
    this.refusal = refusal;
  }
}

/** Someone else wrote first, or holds a lock: reload and retry quickly; 409 when the retries ran out. */
export class Contended extends Error {
  override readonly name = 'Contended';
}

/** The outside is briefly absent: bounded backoff; 503 with Retry-After over HTTP. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly retryAfterSeconds: number;
  constructor(message: string, retryAfterSeconds = 5, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Our own invariant broke, or code we run for a module failed: undo, fail, alarm; 500 over HTTP. */
export class Defect extends Error {
  override readonly name = 'Defect';
  /** Machine-readable, without row data, e.g. `{ sqlState: '42P07', migration: 2 }`. */
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(message: string, facts: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options);
    this.facts = facts;
  }
}
