import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, type Exchange, makeApiClient } from '../support/api-client.ts';
import type { Stage } from './stage.ts';

const triesMax = 12;
const pauseMilliseconds = 60;

export interface PatientClient {
  readonly client: ApiClient;
  /** Lets go of the request under way, as a client does whose patience has ended. */
  readonly giveUp: () => void;
}

/** A platform admin's client that repeats what was not answered, with the same Idempotency-Key, as any good client does. */
export const makePatientClient = async ({ cloud }: Stage): Promise<PatientClient> => {
  const token = await cloud.mint({ sub: 'platform-admin', role: 'platform-admin' });
  let patience = new AbortController();
  const once = makeApiClient(cloud.api, token, () => patience.signal);
  const call: ApiClient['call'] = async (method, path, options = {}) => {
    const headers = { 'idempotency-key': crypto.randomUUID(), ...options.headers };
    let last: Exchange | Error | undefined;
    for (let tries = 0; tries < triesMax; tries += 1) {
      last = await once.call(method, path, { ...options, headers }).catch((error: Error) => error);
      if (!(last instanceof Error) && last.status < 500 && last.status !== 429) return last;
      await sleep(pauseMilliseconds);
    }
    if (last instanceof Error) throw last;
    throw new Error(`${method} ${path} was answered ${last?.status} ${triesMax} times: ${JSON.stringify(last?.body)}`);
  };
  return {
    client: {
      call,
      get: (path) => call('GET', path),
      post: (path, body = {}, headers) => call('POST', path, { body, ...(headers ? { headers } : {}) }),
    },
    giveUp: () => {
      patience.abort();
      patience = new AbortController();
    },
  };
};
