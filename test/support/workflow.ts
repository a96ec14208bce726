import { readFileSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';

/** A function as the workflow invokes it: by name or ARN, with JSON in and out. */
export type InvokedFunction = (payload: unknown) => Promise<unknown>;

export interface WorkflowEnd {
  readonly status: 'SUCCEEDED' | 'FAILED';
  /** The state it ended in, whatever the machine calls it. */
  readonly lastState: string;
  /** Of a Fail state. */
  readonly error?: string;
  /** Every state that was entered, in order. */
  readonly entered: readonly string[];
}

/** By state: what its task meets with, once each: instead of its function, or, when the answer is lost, after it. */
export type Meetings = Readonly<Record<string, readonly { readonly error: Error; readonly answerLost?: boolean }[]>>;

export interface Workflow {
  readonly run: (functions: Readonly<Record<string, InvokedFunction>>, input: object, meetings?: Meetings) => Promise<WorkflowEnd>;
  /** The states that invoke a function. */
  readonly tasks: readonly string[];
  /** The states that no run has entered. */
  readonly neverEntered: () => readonly string[];
}

interface Definition {
  readonly States: Readonly<Record<string, { readonly Type: string }>>;
}

/** The file of a state machine on a local engine that does not wait before it retries. `${Name}` stands for the function `Name`. */
export const openWorkflow = (file: string): Workflow => {
  const definition = JSON.parse(readFileSync(`statemachines/${file}`, 'utf8').replaceAll(/\$\{(\w+)\}/g, '$1')) as Definition;
  const names = Object.keys(definition.States);
  const tasks = names.filter((name) => definition.States[name]?.Type === 'Task');
  const ofEach = <T>(states: readonly string[], value: T): Record<string, T> => Object.fromEntries(states.map((name) => [name, value]));
  const everEntered = new Set<string>();
  return {
    tasks,
    neverEntered: () => names.filter((name) => !everEntered.has(name)),
    run: async (functions, input, meetings = {}) => {
      const engine = new StateMachine(definition as never, { validationOptions: { noValidate: true } });
      const execution = engine.run(input as never, {
        overrides: {
          taskResourceLocalHandlers: Object.fromEntries(
            tasks.map((name) => [name, meeting(invoking(functions), meetings[name] ?? [])]),
          ) as never,
          retryIntervalOverrides: ofEach(tasks, 0),
          waitTimeOverrides: ofEach(names, 0),
        },
      });
      const ended = execution.result.then(
        () => ({ status: 'SUCCEEDED' as const }),
        (error: Error) => ({ status: 'FAILED' as const, error: error.cause instanceof Error ? error.cause.name : error.name }),
      );
      const entered = await statesEntered(execution.eventLogs);
      for (const name of entered) everEntered.add(name);
      return { ...(await ended), entered, lastState: entered.at(-1) ?? '' };
    },
  };
};

/** As Lambda does: what goes in and out is JSON, and an error is its name with a document for a cause. */
const invoking = (functions: Readonly<Record<string, InvokedFunction>>) => async (input: unknown) => {
  const { FunctionName, Payload } = structuredClone(input) as { readonly FunctionName: string; readonly Payload: unknown };
  const invoke = functions[FunctionName];
  if (!invoke) throw named('Lambda.ResourceNotFoundException', `there is no function ${FunctionName}`);
  try {
    return { StatusCode: 200, Payload: JSON.parse(JSON.stringify(await invoke(Payload))) as unknown };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    throw named(name, JSON.stringify({ errorType: name, errorMessage: message }));
  }
};

const meeting = (invoke: ReturnType<typeof invoking>, turns: Meetings[string]) => {
  const left = [...turns];
  return async (input: unknown) => {
    const turn = left.shift();
    if (!turn) return invoke(input);
    if (turn.answerLost === true) await invoke(input);
    throw named(turn.error.name, JSON.stringify({ errorType: turn.error.name, errorMessage: turn.error.message }));
  };
};

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

const statesEntered = async (events: AsyncIterable<unknown>): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const event of events as AsyncIterable<{ readonly type: string; readonly state?: { readonly name: string } }>)
    if (event.type === 'StateEntered' && event.state) names.push(event.state.name);
  return names;
};
