import { AwsError } from '../../local/gateway.ts';
import type { Call } from './calls.ts';
import type { Hit } from './hit.ts';

/**
 * What can go wrong with an outside call. Each class is told of the one call that it is for, before and after it takes
 * effect, and acts on the endpoints, the functions, the engine or the clock; never on the product.
 */
export interface FaultClass {
  readonly name: string;
  /** As a sentence, for the report and for docs/reliability.md. */
  readonly says: string;
  readonly appliesTo: (call: Call) => boolean;
  readonly arm: (hit: Hit) => Reactions;
}

/** For a request, `before` and `after` its effect; for an invocation, around it. Absent: nothing happens. */
export interface Reactions {
  readonly before?: () => Promise<'pass' | 'drop' | AwsError>;
  readonly after?: () => Promise<'pass' | 'drop' | AwsError>;
  readonly invocation?: (go: Hit['go']) => ReturnType<Hit['go']>;
  /** Every later request of the same function to the same service, until its invocation has ended. */
  readonly meanwhile?: () => 'pass' | AwsError;
}

const always = (): boolean => true;
const isInvocation = ({ kind }: Call): boolean => kind === 'invocation';
const isRequest = ({ kind }: Call): boolean => kind === 'request';
/** Those whose work a Step Functions execution waits for. */
const inExecution = ({ by }: Call): boolean => /Steps$|^Migrator/.test(by);
const serverError = (): AwsError => new AwsError('InternalServerError', 'injected: the service failed', { status: 500 });
const throttled = (): AwsError => new AwsError('ThrottlingException', 'injected: Rate exceeded', { status: 400 });

export const faultClasses: readonly FaultClass[] = [
  {
    name: 'fails',
    says: 'the call fails before it takes effect',
    appliesTo: always,
    arm: () => ({
      before: async () => serverError(),
      invocation: async () => {
        throw new AwsError('ServiceException', 'injected: the service failed', { status: 500 });
      },
    }),
  },
  {
    name: 'outage',
    says: 'from this call on its service is away, for as long as the function that calls is at work',
    appliesTo: isRequest,
    arm: () => ({
      before: async () => new AwsError('ServiceUnavailable', 'injected: the service is away', { status: 503 }),
      meanwhile: () => new AwsError('ServiceUnavailable', 'injected: the service is away', { status: 503 }),
    }),
  },
  {
    name: 'answer-lost',
    says: 'the call takes effect and its answer is lost',
    appliesTo: always,
    arm: () => ({
      after: async () => 'drop',
      invocation: async (go) => {
        await go();
        throw new AwsError('ServiceException', 'injected: the answer was lost', { status: 500 });
      },
    }),
  },
  {
    name: 'throttled',
    says: 'the call is throttled',
    appliesTo: always,
    arm: () => ({ before: async () => throttled(), invocation: async () => 'throttled' }),
  },
  {
    name: 'times-out',
    says: 'the call takes so long that the function is ended, and takes effect all the same',
    appliesTo: isRequest,
    arm: (hit) => ({
      before: async () => {
        hit.crashFunction('timeout');
        await hit.settled();
        return 'pass';
      },
    }),
  },
  {
    name: 'worker-dies',
    says: 'the worker dies right after the call took effect, which is right before the next one',
    appliesTo: always,
    arm: (hit) => ({
      after: async () => {
        hit.crashFunction('exit');
        return 'drop';
      },
      invocation: async (go) => {
        const outcome = await go();
        return outcome === 'throttled' ? outcome : hit.exited();
      },
    }),
  },
  {
    name: 'all-die',
    says: 'everything dies right after the call took effect, and starts again over what was stored',
    appliesTo: always,
    arm: (hit) => ({
      after: async () => {
        hit.crashAll();
        return 'drop';
      },
      invocation: async (go) => {
        await go();
        hit.crashAll();
        return hit.exited();
      },
    }),
  },
  {
    name: 'stopped',
    says: 'an operator stops the execution while the call is under way',
    appliesTo: inExecution,
    arm: (hit) => ({
      before: async () => {
        await hit.stopExecution();
        return 'pass';
      },
      invocation: async (go) => {
        await hit.stopExecution();
        return go();
      },
    }),
  },
  {
    name: 'overtaken',
    says: 'the worker is held up, its lease runs out, a newer attempt does the work, and then the old worker goes on',
    appliesTo: always,
    arm: (hit) => ({
      before: async () => {
        await hit.overtake();
        return 'pass';
      },
      invocation: async (go) => {
        await hit.overtake();
        return go();
      },
    }),
  },
  {
    name: 'twice',
    says: 'the same event or request is delivered twice, at once',
    appliesTo: (call) => isInvocation(call) || /:(states\.StartExecution|events\.PutEvents)#/.test(call.id),
    arm: (hit) => ({
      after: async () => {
        await hit.repeat();
        return 'pass';
      },
      invocation: async (go) => {
        const [first, second] = await Promise.all([go(), go()]);
        return first === 'throttled' || 'payload' in first ? second : first;
      },
    }),
  },
];
