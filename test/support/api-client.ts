import { setTimeout as sleep } from 'node:timers/promises';

/** One exchange with the HTTP API, as a dashboard would see it. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly requestBody?: unknown;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiClient {
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Exchange>;
  readonly get: (path: string) => Promise<Exchange>;
  readonly post: (path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Exchange>;
}

/** Talks to `{origin}/api/v1{path}` with a bearer token; without one, as a stranger. `patience` may end a request under way. */
export const makeApiClient = (origin: string, token?: string, patience?: () => AbortSignal): ApiClient => {
  const call = async (method: string, path: string, { body, headers = {} }: CallOptions = {}): Promise<Exchange> => {
    const response = await fetch(`${origin}/api/v1${path}`, {
      method,
      ...(patience ? { signal: patience() } : {}),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = response.headers.get('content-type')?.includes('json') && text !== '' ? JSON.parse(text) : { text };
    return {
      method,
      path,
      ...(body === undefined ? {} : { requestBody: body }),
      status: response.status,
      headers: response.headers,
      body: parsed as Record<string, unknown>,
    };
  };
  return {
    call,
    get: (path) => call('GET', path),
    post: (path, body = {}, headers) => call('POST', path, { body, ...(headers ? { headers } : {}) }),
  };
};

/** A job as the API answers it; the fields that stories and tests read. */
export interface JobView {
  readonly id: string;
  readonly kind: string;
  readonly tenant: string;
  readonly state: string;
  readonly attempt: number;
  readonly modules: readonly {
    readonly module: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly progress: { readonly applied: number; readonly total: number };
  }[];
  readonly reason?: string;
  readonly createdAt: string;
}

const ended = new Set([
  'Active',
  'Uninstalled',
  'Purged',
  'Reported',
  'Provisioned',
  'Deprovisioned',
  'Restored',
  'Failed',
  'ManualIntervention',
  'Cancelled',
]);

/** Reads the job until it has ended; `onChange` sees each new state or progress. Rejects after `timeoutMs`, saying where it stood. */
export const followJob = async (
  client: ApiClient,
  jobId: string,
  {
    onChange = () => {},
    timeoutMs = 120_000,
    pollMs = 40,
  }: { onChange?: (job: JobView) => void; timeoutMs?: number; pollMs?: number } = {},
): Promise<JobView> => {
  const deadline = Date.now() + timeoutMs;
  let seen = '';
  for (;;) {
    const { status, body } = await client.get(`/jobs/${jobId}`);
    if (status !== 200) throw new Error(`GET /jobs/${jobId} answered ${status}: ${JSON.stringify(body)}`);
    const job = body as unknown as JobView;
    const now = JSON.stringify([job.state, job.attempt, job.modules]);
    if (now !== seen) onChange(job);
    seen = now;
    if (ended.has(job.state)) return job;
    if (Date.now() > deadline) throw new Error(`job ${jobId} is still ${job.state} after ${timeoutMs} ms`);
    await sleep(pollMs);
  }
};
