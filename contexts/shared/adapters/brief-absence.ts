/**
 * Whether an AWS service, or the way to it, was away for a moment: what the SDK rejected with is judged by its name, its code and
 * its status, never by its class, since what comes from another realm (a worker, a test's) is an instance of nothing here.
 */
export const isBrieflyAbsent = (error: unknown): boolean =>
  isNamed(error) || isServerFault(error) || isNetworkFault(error) || isWrappedNetworkFault(error);

/** An error's own name; that of something else is `unknown`. */
export const nameOf = (error: unknown): string => {
  const name = fieldsOf(error).name;
  return typeof name === 'string' ? name : 'unknown';
};

/** An error's own message; something else is its own message. */
export const messageOf = (error: unknown): string => {
  const { message } = fieldsOf(error);
  return typeof message === 'string' ? message : String(error);
};

interface Fields {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const fieldsOf = (error: unknown): Fields => (typeof error === 'object' && error !== null ? error : {});

const absent = new Set([
  'InternalServerError',
  'InternalServerErrorException',
  'NetworkingError',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'ServiceUnavailableError',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
]);

const isNamed = (error: unknown): boolean => absent.has(nameOf(error));

const isServerFault = (error: unknown): boolean => {
  const { $fault, $metadata } = fieldsOf(error);
  return $fault === 'server' || ($metadata?.httpStatusCode ?? 0) >= 500;
};

/** Node gives a connection that ended without an answer the code ECONNRESET, and these words. */
const isNetworkFault = (error: unknown): boolean => {
  const { name, code, message } = fieldsOf(error);
  return networkFault.test(String(code)) || networkFault.test(String(name)) || message === 'socket hang up';
};

/** Of what came from another realm the SDK keeps only the words. */
const isWrappedNetworkFault = (error: unknown): boolean => wrappedNetworkFault.test(messageOf(error));

const networkFault = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN|ERR_SOCKET)/;
const wrappedNetworkFault = /^AWS SDK error wrapper for .*(TimeoutError|NetworkingError|socket hang up|ECONN|EPIPE|ETIMEDOUT)/;
