import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { shiftDate } from './shifted-date.ts';

/** A Lambda execution environment: one bundle in one thread, one invocation at a time. It knows nothing of what it runs. */

export interface WorkerData {
  readonly file: string;
  /** The name under which the bundle exports its handler. */
  readonly handler: string;
  readonly clock: SharedArrayBuffer;
}

export interface WorkerRequest {
  readonly event: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** Milliseconds of the shared clock. */
  readonly deadline: number;
}

export interface FunctionFailure {
  readonly errorType?: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type WorkerAnswer = { readonly result: string } | { readonly failure: FunctionFailure };

type Handler = (event: unknown, context: unknown) => unknown;

const failureOf = (error: unknown): FunctionFailure =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

const { file, handler, clock } = workerData as WorkerData;
shiftDate(clock);

const load = async (): Promise<Handler> => {
  const bundle = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  const found = bundle[handler];
  if (typeof found !== 'function') throw new Error(`${handler} is undefined or not exported`);
  return found as Handler;
};

const loading = load();
loading.catch(() => {});

const answer = async ({ event, context, deadline }: WorkerRequest): Promise<WorkerAnswer> => {
  try {
    const handle = await loading;
    const getRemainingTimeInMillis = (): number => Math.max(0, deadline - Date.now());
    const result = await handle(JSON.parse(event), { ...context, getRemainingTimeInMillis });
    return { result: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { failure: failureOf(error) };
  }
};

parentPort?.on('message', (request: WorkerRequest) => {
  void answer(request).then((given) => parentPort?.postMessage(given));
});
