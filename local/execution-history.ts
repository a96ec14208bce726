/** What the engine says happened, in the words of GetExecutionHistory. */

/** As the engine logs it. */
export interface LogEvent {
  readonly type: string;
  readonly timestamp?: number;
  readonly state?: { readonly name: string; readonly type: string; readonly input?: unknown; readonly output?: unknown };
  readonly Error?: string;
  readonly Cause?: string;
}

interface Described {
  readonly type: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const text = (value: unknown): string => JSON.stringify(value ?? null);

/** The service has no event for a retry or a catch: what follows tells of it. */
const describe = ({ type, state, Error: error, Cause: cause }: LogEvent): Described | undefined => {
  const failure = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
  switch (type) {
    case 'StateEntered':
      return {
        type: `${state?.type}StateEntered`,
        details: { stateEnteredEventDetails: { name: state?.name, input: text(state?.input) } },
      };
    case 'StateExited':
      return {
        type: `${state?.type}StateExited`,
        details: { stateExitedEventDetails: { name: state?.name, output: text(state?.output) } },
      };
    case 'StateFailed':
      return { type: 'TaskFailed', details: { taskFailedEventDetails: { resourceType: 'lambda', resource: 'invoke', ...failure } } };
    case 'StateRetried':
    case 'StateCaught':
      return undefined;
    case 'ExecutionFailed':
      return { type, details: { executionFailedEventDetails: failure } };
    default:
      return { type, details: {} };
  }
};

export const historyOf = (events: readonly LogEvent[]): readonly Readonly<Record<string, unknown>>[] =>
  events
    .flatMap((event) => {
      const described = describe(event);
      return described ? [{ type: described.type, timestamp: (event.timestamp ?? 0) / 1000, ...described.details }] : [];
    })
    .map((event, index) => ({ id: index + 1, previousEventId: index, ...event }));
