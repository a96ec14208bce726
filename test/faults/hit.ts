import type { ServiceRequest } from '../../local/gateway.ts';
import type { Outcome } from '../../local/worker-pool.ts';
import type { Stage } from './stage.ts';

/** The one call that a case is about, and what a fault class may do around it. */
export interface Hit {
  readonly go: () => Promise<Outcome>;
  /** Ends the environment that makes the call. */
  readonly crashFunction: (how: 'exit' | 'timeout') => void;
  /** Functions, engine, bus and pollers are gone, and come back. */
  readonly crashAll: () => void;
  /** What an invoker hears of an environment that is gone. */
  readonly exited: () => Outcome;
  readonly stopExecution: () => Promise<void>;
  /** Waits until everybody else has come to rest. */
  readonly settled: () => Promise<void>;
  /** Holds the call until a newer attempt has ended the job. */
  readonly overtake: () => Promise<void>;
  /** Makes the request a second time. */
  readonly repeat: () => Promise<void>;
}

export interface HitParts {
  readonly stage: Stage;
  /** The function that makes the call. */
  readonly by: string;
  readonly request?: ServiceRequest;
  readonly onCrash: (crashing: Promise<void>) => void;
  readonly hold: () => Promise<void>;
}

export const makeHit = ({ stage, by, request, onCrash, hold }: HitParts): Omit<Hit, 'go'> => ({
  crashFunction: (how) => {
    stage.cloud.crashFunction(by, how);
  },
  crashAll: () => onCrash(stage.cloud.crash()),
  exited: () => ({ failure: { errorType: 'Runtime.ExitError', errorMessage: 'injected: the runtime exited' } }),
  stopExecution: () => stage.stopExecutions(),
  settled: () => stage.notCounting(1, () => stage.quiet()),
  overtake: () => stage.notCounting(request ? 2 : 1, hold),
  repeat: async () => {
    if (request) await stage.cloud.call({ ...request, caller: { ...request.caller, principal: 'administrator' } });
  },
});
