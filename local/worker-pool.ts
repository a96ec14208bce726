import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { FunctionFailure, WorkerAnswer, WorkerData, WorkerRequest } from './worker.ts';

/**
 * The execution environments of one function: worker threads that are started when a request finds none idle, take one
 * invocation at a time, and are stopped when idle, when they time out, or when their environment has expired.
 */

/** What one environment starts with; `expiresAt` in milliseconds of the shared clock, when its credentials end. */
export interface Environment {
  readonly variables: Readonly<Record<string, string>>;
  readonly expiresAt: number;
}

export interface PoolOptions {
  readonly functionName: string;
  readonly file: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly makeEnvironment: () => Environment;
  readonly clock: { readonly now: () => Date; readonly buffer: SharedArrayBuffer };
  /** What the function writes to stdout and stderr, as it comes. */
  readonly write: (chunk: Buffer) => void;
}

export type Outcome = { readonly payload: string } | { readonly failure: FunctionFailure } | 'throttled';

/** The environment is gone, or it is ended since its time is up. */
export type Crash = 'exit' | 'timeout';

export interface WorkerPool {
  readonly invoke: (event: string, context: Readonly<Record<string, unknown>>) => Promise<Outcome>;
  /** Ends the environments that are at work; their invocations end as said. Answers how many there were. */
  readonly crash: (how: Crash) => number;
  /** Ends every environment at once; an invocation in flight ends with Runtime.ExitError. */
  readonly stop: () => Promise<void>;
}

const workersMax = 8;
const waitingMax = 1_000;
const idleMs = 60_000;

interface Environs {
  readonly worker: Worker;
  readonly expiresAt: number;
  idleTimer?: NodeJS.Timeout | undefined;
}

const exited = (requestId: string, code: number | string): FunctionFailure => ({
  errorType: 'Runtime.ExitError',
  errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: exit status ${code}`,
});
const timedOut = (requestId: string, seconds: number): FunctionFailure => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
});

interface Run {
  readonly timeoutSeconds: number;
  readonly requestId: string;
  /** Given a way to end the invocation from outside. */
  readonly onStarted: (crash: (how: Crash) => void) => void;
}

/** Runs one invocation in a worker; settles with the answer, the time limit or the worker's end, whichever comes first. */
const runIn = (worker: Worker, request: WorkerRequest, { timeoutSeconds, requestId, onStarted }: Run) =>
  new Promise<{ readonly outcome: Outcome; readonly usable: boolean }>((resolve) => {
    const settle = (outcome: Outcome, usable: boolean): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('exit', onExit).off('error', onError);
      resolve({ outcome, usable });
    };
    onStarted((how) => settle({ failure: how === 'exit' ? exited(requestId, 1) : timedOut(requestId, timeoutSeconds) }, false));
    const onMessage = (answer: WorkerAnswer): void => settle('failure' in answer ? answer : { payload: answer.result }, true);
    const onExit = (code: number): void => settle({ failure: exited(requestId, code) }, false);
    const onError = (error: Error): void => settle({ failure: { ...exited(requestId, 1), trace: (error.stack ?? '').split('\n') } }, false);
    const timer = setTimeout(() => settle({ failure: timedOut(requestId, timeoutSeconds) }, false), timeoutSeconds * 1000);
    worker.on('message', onMessage).on('exit', onExit).on('error', onError);
    worker.postMessage(request);
  });

export const makeWorkerPool = (options: PoolOptions): WorkerPool => {
  const { functionName, file, handler, timeoutSeconds, makeEnvironment, clock, write } = options;
  const all = new Set<Environs>();
  const idle: Environs[] = [];
  const crashes = new Map<Environs, (how: Crash) => void>();
  const waiting: ((environs: Environs | 'stopped') => void)[] = [];
  let stopped = false;

  const discard = async (environs: Environs): Promise<void> => {
    clearTimeout(environs.idleTimer);
    all.delete(environs);
    const at = idle.indexOf(environs);
    if (at >= 0) idle.splice(at, 1);
    await environs.worker.terminate();
  };
  const start = (): Environs => {
    const { variables, expiresAt } = makeEnvironment();
    const workerData: WorkerData = { file, handler, clock: clock.buffer };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name: functionName,
      workerData,
      env: { ...variables },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdout: true,
      stderr: true,
    });
    worker.stdout.on('data', write);
    worker.stderr.on('data', write);
    const environs: Environs = { worker, expiresAt };
    worker.on('error', (error) => write(Buffer.from(`${error.stack ?? error.message}\n`)));
    worker.on('exit', () => void discard(environs));
    all.add(environs);
    return environs;
  };
  const release = (environs: Environs): void => {
    const next = waiting.shift();
    if (next) {
      next(environs);
      return;
    }
    idle.push(environs);
    environs.idleTimer = setTimeout(() => void discard(environs), idleMs).unref();
  };
  const acquire = async (): Promise<Environs | 'throttled' | 'stopped'> => {
    for (let environs = idle.pop(); environs; environs = idle.pop()) {
      clearTimeout(environs.idleTimer);
      if (environs.expiresAt > clock.now().getTime()) return environs;
      void discard(environs);
    }
    if (stopped) return 'stopped';
    if (all.size < workersMax) return start();
    if (waiting.length >= waitingMax) return 'throttled';
    return new Promise((resolve) => waiting.push(resolve));
  };
  const replace = (): void => {
    if (waiting.length > 0 && !stopped && all.size < workersMax) waiting.shift()?.(start());
  };

  return {
    invoke: async (event, context) => {
      const requestId = randomUUID();
      const environs = await acquire();
      if (environs === 'throttled') return 'throttled';
      if (environs === 'stopped') return { failure: exited(requestId, 'stopped') };
      const deadline = clock.now().getTime() + timeoutSeconds * 1000;
      const request = { event, deadline, context: { ...context, functionName, awsRequestId: requestId } };
      const onStarted = (crash: (how: Crash) => void): unknown => crashes.set(environs, crash);
      const { outcome, usable } = await runIn(environs.worker, request, { timeoutSeconds, requestId, onStarted });
      crashes.delete(environs);
      if (usable) release(environs);
      else {
        await discard(environs);
        replace();
      }
      return outcome;
    },
    crash: (how) => {
      for (const crash of crashes.values()) crash(how);
      return crashes.size;
    },
    stop: async () => {
      stopped = true;
      for (const resolve of waiting.splice(0)) resolve('stopped');
      await Promise.all([...all].map(discard));
    },
  };
};
