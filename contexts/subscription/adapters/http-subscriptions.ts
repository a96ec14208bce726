import * as z from 'zod';
import { nameOf } from '../../shared/adapters/brief-absence.ts';
import { Unavailable } from '../../shared/domain/errors.ts';
import { Quota } from '../../shared/domain/quota.ts';
import type { SubscriptionService } from '../application/ports.ts';

export interface HttpSubscriptionsOptions {
  /** Where the service is, e.g. `https://subscriptions.example/v1`. */
  readonly url: string;
  /** For the whole of an answer. */
  readonly timeoutMilliseconds: number;
}

/**
 * A subscription service of one's own, over HTTP: `GET {url}/tenants/{id}/modules/{module}` answers `{ "entitled": boolean }`,
 * `GET {url}/tenants/{id}/quota` a `Quota`. Whatever else comes, or nothing in time, is `Unavailable`: whoever cannot be
 * understood has not said no.
 */
export const makeHttpSubscriptions = (options: HttpSubscriptionsOptions): SubscriptionService => ({
  hasSubscriptionForModule: (tenantId, module) => isEntitled(options, tenantId, module),
  subscribedAmong: (tenantId, modules) => entitledAmong(options, tenantId, modules),
  getSubscriptionQuota: ({ id }) => ask(options, ['tenants', id, 'quota'], Quota),
});

/** No more at once: the service has others to answer. */
const questionsAtOnce = 10;

const entitledAmong = async (
  options: HttpSubscriptionsOptions,
  tenantId: string,
  modules: readonly string[],
): Promise<ReadonlySet<string>> => {
  const entitled: boolean[] = [];
  for (let first = 0; first < modules.length; first += questionsAtOnce) {
    const some = modules.slice(first, first + questionsAtOnce);
    entitled.push(...(await Promise.all(some.map((module) => isEntitled(options, tenantId, module)))));
  }
  return new Set(modules.filter((_, index) => entitled[index]));
};

const isEntitled = async (options: HttpSubscriptionsOptions, tenantId: string, module: string): Promise<boolean> =>
  (await ask(options, ['tenants', tenantId, 'modules', module], Entitled)).entitled;

const Entitled = z.object({ entitled: z.boolean() });

/** Far more than the answers need. */
const charactersMax = 64 * 1024;
const retryAfterSecondsDefault = 5;
const retryAfterSecondsMax = 3_600;

const ask = async <T>(
  { url, timeoutMilliseconds }: HttpSubscriptionsOptions,
  path: readonly string[],
  schema: z.ZodType<T>,
): Promise<T> => {
  const target = [url.replace(/\/$/, ''), ...path.map(encodeURIComponent)].join('/');
  const { status, retryAfter, text } = await received(target, timeoutMilliseconds);
  if (status !== 200) throw new Unavailable(`the subscription service answered ${status}`, retryAfterSeconds(retryAfter));
  const answer = schema.safeParse(jsonOf(text));
  if (answer.success) return answer.data;
  throw new Unavailable('the subscription service answered 200 with something else than was asked for', retryAfterSecondsDefault);
};

interface Received {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

/**
 * A redirection is followed nowhere: it would take the question to someone else. A connection is not kept: one that has ended
 * while the function was frozen would be taken for a service that is away.
 */
const received = async (target: string, timeoutMilliseconds: number): Promise<Received> => {
  try {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    const response = await fetch(target, { signal, redirect: 'error', headers: { accept: 'application/json', connection: 'close' } });
    return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await textOf(response) };
  } catch (error) {
    const what = nameOf(error) === 'TimeoutError' ? `did not answer in ${timeoutMilliseconds} ms` : 'cannot be reached';
    throw new Unavailable(`the subscription service ${what}`, retryAfterSecondsDefault, { cause: error });
  }
};

/** The body, or nothing where it is longer than it may be: that is no JSON either. */
const textOf = async ({ body }: Response): Promise<string> => {
  let text = '';
  if (!body) return text;
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.length > charactersMax) return '';
  }
  return text;
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // no schema takes it
    return undefined;
  }
};

/** Seconds; a date, or nonsense, is read as the default. */
const retryAfterSeconds = (header: string | null): number => {
  const seconds = /^\d{1,9}$/.test(header ?? '') ? Number(header) : retryAfterSecondsDefault;
  return Math.min(retryAfterSecondsMax, Math.max(1, seconds));
};
