import { readFileSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';
import type { LocalClock } from './clock.ts';
import type { Counters } from './counters.ts';
import { historyOf, type LogEvent } from './execution-history.ts';
import { type ExecutionStore, openExecutionStore, type Row } from './execution-store.ts';
import { AwsError, authorize, type Caller, type Service, targetOperation } from './gateway.ts';
import type { Lambda } from './lambda.ts';
import { functionArn } from './resource-identity.ts';
import type { Template } from './template.ts';
import { waitOut, withTimedWaits } from './timed-waits.ts';

/** Step Functions: the state machines of the template on a local engine, behind the service's API, remembered over a restart. */

export interface StepFunctionsOptions {
  readonly template: Template;
  readonly lambda: Lambda;
  /** The session of a machine's role: what it may invoke. */
  readonly callerOf: (roleArn: string) => Caller;
  readonly counters: Counters;
  readonly clock: LocalClock;
  /** SQLite; created when absent. */
  readonly file: string;
  /** Told of every change of an execution's status, as EventBridge would be. */
  readonly onStatus: (event: ExecutionStatusEvent) => void;
  /** How long the engine waits before a retry, instead of what the machine says: for who moves the time. */
  readonly retryMilliseconds?: number | undefined;
}

export interface ExecutionStatusEvent {
  readonly source: 'aws.states';
  readonly 'detail-type': 'Step Functions Execution Status Change';
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface StepFunctions {
  readonly service: Service;
  /** Reports executions that a crash cut off as ABORTED. Call once everything that listens is there. */
  readonly reportLost: () => void;
  /** Drops what runs, without a word, as a crash would. */
  readonly stop: () => void;
}

interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: string;
}

const historyMax = 1_000;

export const makeStepFunctions = (options: StepFunctionsOptions): StepFunctions => {
  const store = openExecutionStore(options.file);
  const machines = new Map(machinesOf(options.template).map((machine) => [machine.arn, machine]));
  const running = new Map<string, () => void>();
  let dropped = false;

  const settle = (
    execution: string,
    status: string,
    { output = null, error = null, cause = null }: Partial<Pick<Row, 'output' | 'error' | 'cause'>>,
  ): void => {
    running.delete(execution);
    if (dropped || !store.end(execution, { status, output, error, cause, at: options.clock.now().getTime() })) return;
    report(execution, status);
  };
  const report = (execution: string, status: string): void => {
    const row = store.get(execution);
    if (!row) return;
    const detail = {
      executionArn: row.arn,
      stateMachineArn: row.machine,
      name: row.name,
      status,
      startDate: row.started,
      stopDate: row.stopped,
    };
    options.onStatus({ source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', resources: [row.arn], detail });
  };
  const start = (machine: Machine, name: string, input: string): Row => {
    const execution = machine.arn.replace(':stateMachine:', ':execution:').concat(`:${name}`);
    const row = { arn: execution, machine: machine.arn, name, input, started: options.clock.now().getTime() };
    if (!store.begin(row)) {
      const before = store.get(execution);
      if (before?.status === 'RUNNING' && before.input === input) return before;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${execution}'`);
    }
    run(machine, { ...row, status: 'RUNNING', stopped: null, output: null, error: null, cause: null });
    const begun = store.get(execution);
    if (!begun) throw new AwsError('InternalFailure', 'the execution was not stored', { status: 500 });
    return begun;
  };
  const run = (machine: Machine, row: Row): void => {
    const { definition, isWait } = withTimedWaits(machine.definition);
    const engine = new StateMachine(definition as never, { validationOptions: { noValidate: true } });
    const wait: TaskHandler = (input) =>
      waitOut(input, { clock: options.clock, milliseconds: options.retryMilliseconds, goesOn: () => running.has(row.arn) });
    const handlers = invokers(machine, options, (state) => (isWait(state) ? wait : undefined));
    // before the engine begins: it may enter a first Wait at once
    running.set(row.arn, () => execution.abort());
    const execution = engine.run(JSON.parse(row.input), {
      overrides: {
        taskResourceLocalHandlers: handlers as never,
        ...(options.retryMilliseconds === undefined ? {} : { retryIntervalOverrides: ofEveryState(machine, options.retryMilliseconds) }),
      },
      noThrowOnAbort: true,
      context: contextOf(machine, row) as never,
    });
    void follow(execution.eventLogs, (event) => {
      if (event.type.endsWith('StateEntered') && !dropped) options.counters.transition();
      if (!dropped) store.log(row.arn, asWritten(event, isWait), historyMax);
    });
    execution.result.then(
      (output: unknown) => settle(row.arn, 'SUCCEEDED', { output: JSON.stringify(output) }),
      (error: Error) => {
        const { name, message } = asRaised(error);
        settle(row.arn, 'FAILED', { error: name, cause: message });
      },
    );
  };
  const stopExecution = (execution: string, error: string | null, cause: string | null): number => {
    const abort = running.get(execution);
    settle(execution, 'ABORTED', { error, cause });
    abort?.();
    return options.clock.now().getTime() / 1000;
  };

  return {
    service: statesService({ machines, store, start, stopExecution }),
    reportLost: () => {
      for (const execution of store.runningBefore())
        if (!running.has(execution)) settle(execution, 'ABORTED', { error: 'EngineLost', cause: 'the engine ended while it ran' });
    },
    stop: () => {
      dropped = true;
      for (const abort of running.values()) abort();
      store.close();
    },
  };
};

const machinesOf = (template: Template): readonly Machine[] =>
  template.ofType('AWS::StepFunctions::StateMachine').map(({ ref, attribute, properties }) => {
    const {
      DefinitionS3Location,
      DefinitionSubstitutions = {},
      RoleArn,
    } = properties as {
      readonly DefinitionS3Location: { readonly Key: string };
      readonly DefinitionSubstitutions?: Readonly<Record<string, string>>;
      readonly RoleArn: string;
    };
    const text = readFileSync(template.assetPath(DefinitionS3Location.Key), 'utf8');
    const definition = text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => DefinitionSubstitutions[name] ?? whole);
    return { arn: ref, name: String(attribute('Name')), roleArn: RoleArn, definition };
  });

/** Of the states of maps and parallels too: a name belongs to one state of a machine. */
const ofEveryState = ({ definition }: Machine, value: number): Readonly<Record<string, number>> => {
  const names: string[] = [];
  JSON.parse(definition, (key, read: unknown) => {
    if (key === 'States') names.push(...Object.keys(read as object));
    return read;
  });
  return Object.fromEntries(names.map((name) => [name, value]));
};

const contextOf = ({ arn: machineArn, name, roleArn }: Machine, row: Row) => ({
  Execution: {
    Id: row.arn,
    Name: row.name,
    StartTime: new Date(row.started).toISOString(),
    RoleArn: roleArn,
    Input: JSON.parse(row.input) as unknown,
  },
  StateMachine: { Id: machineArn, Name: name },
});

type TaskHandler = (input: unknown) => Promise<unknown>;

/** A handler for every task by name, also in maps: all of them invoke a function through the machine's role. */
const invokers = (
  machine: Machine,
  { lambda, callerOf }: StepFunctionsOptions,
  otherwise: (state: string) => TaskHandler | undefined,
): Record<string, TaskHandler> => {
  const caller = callerOf(machine.roleArn);
  const handler: TaskHandler = async (input) => {
    const { FunctionName, Payload } = structuredClone(input) as { readonly FunctionName: string; readonly Payload: unknown };
    const resource = functionArn(FunctionName);
    if (caller.decide('lambda:InvokeFunction', resource) !== 'Allow')
      throw named('Lambda.AWSLambdaException', `${machine.roleArn} is not authorized to perform lambda:InvokeFunction on ${resource}`);
    const outcome = await lambda.invoke(FunctionName, JSON.stringify(Payload)).catch((error: Error) => {
      throw named('Lambda.ServiceException', error.message);
    });
    if (outcome === 'throttled') throw named('Lambda.TooManyRequestsException', `${resource}: Rate Exceeded.`);
    if ('failure' in outcome) throw named(outcome.failure.errorType ?? 'Lambda.Unknown', JSON.stringify(outcome.failure));
    return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: JSON.parse(outcome.payload) as unknown };
  };
  return new Proxy(
    {},
    {
      get: (_, name) => (typeof name === 'string' ? (otherwise(name) ?? handler) : undefined),
      has: () => true,
      getOwnPropertyDescriptor: (_, name) => ({ configurable: true, enumerable: true, value: otherwise(String(name)) ?? handler }),
    },
  );
};

/** The service passes on a function's error type; an environment that exits is `Runtime.ExitError`, which it calls Lambda.Unknown. */
const named = (name: string, message: string): Error =>
  Object.assign(new Error(message), { name: name === 'Runtime.ExitError' ? 'Lambda.Unknown' : name });

/** The engine wraps what ended an execution; the service does not. */
const asRaised = (error: Error): Error => (error.cause instanceof Error ? error.cause : error);

const follow = async (events: AsyncIterable<unknown>, each: (event: LogEvent) => void): Promise<void> => {
  for await (const event of events) each(event as LogEvent);
};

interface StatesOptions {
  readonly machines: ReadonlyMap<string, Machine>;
  readonly store: ExecutionStore;
  readonly start: (machine: Machine, name: string, input: string) => Row;
  readonly stopExecution: (execution: string, error: string | null, cause: string | null) => number;
}

type StatesInput = Readonly<Record<string, string | undefined>>;

const statesService = ({ machines, store, start, stopExecution }: StatesOptions): Service => {
  const machineOf = (machineArn = ''): Machine => {
    const machine = machines.get(machineArn);
    if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machineArn}'`);
    return machine;
  };
  const executionOf = (execution = ''): Row => {
    const row = store.get(execution);
    if (!row) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${execution}'`);
    return row;
  };
  const operations: Readonly<Record<string, (input: StatesInput) => unknown>> = {
    StartExecution: ({ stateMachineArn, name = crypto.randomUUID(), input = '{}' }) => {
      const row = start(machineOf(stateMachineArn), name, input);
      return { executionArn: row.arn, startDate: row.started / 1000 };
    },
    StopExecution: ({ executionArn, error, cause }) => ({
      stopDate: stopExecution(executionOf(executionArn).arn, error ?? null, cause ?? null),
    }),
    DescribeExecution: ({ executionArn }) => describe(executionOf(executionArn)),
    ListExecutions: ({ stateMachineArn, statusFilter }) => ({
      executions: store.list(machineOf(stateMachineArn).arn, statusFilter ?? null).map(describe),
    }),
    GetExecutionHistory: ({ executionArn }) => ({ events: historyOf(store.history(executionOf(executionArn).arn)) }),
    DescribeStateMachine: ({ stateMachineArn }) => {
      const { arn: machineArn, name, roleArn, definition } = machineOf(stateMachineArn);
      return { stateMachineArn: machineArn, name, roleArn, definition, status: 'ACTIVE', type: 'STANDARD' };
    },
    ListStateMachines: () => ({
      stateMachines: [...machines.values()].map(({ arn: stateMachineArn, name }) => ({ stateMachineArn, name, type: 'STANDARD' })),
    }),
  };
  return {
    name: 'states',
    protocol: 'json-1.0',
    operationOf: targetOperation,
    handle: async ({ operation, input, caller }) => {
      const run = operations[operation];
      if (!run) throw new AwsError('UnknownOperationException', `the operation ${operation} is not supported locally`);
      const asked = input as StatesInput;
      authorize(caller, `states:${operation}`, asked['executionArn'] ?? asked['stateMachineArn'] ?? '*');
      return { output: run(asked) };
    },
  };
};

const describe = (row: Row) => ({
  executionArn: row.arn,
  stateMachineArn: row.machine,
  name: row.name,
  status: row.status,
  startDate: row.started / 1000,
  input: row.input,
  ...(row.stopped === null ? {} : { stopDate: row.stopped / 1000 }),
  ...(row.output === null ? {} : { output: row.output }),
  ...(row.error === null ? {} : { error: row.error }),
  ...(row.cause === null ? {} : { cause: row.cause }),
});

/** A wait that runs as a task is told as the wait that was written. */
const asWritten = (event: LogEvent, isWait: (state: string) => boolean): LogEvent =>
  event.state && isWait(event.state.name) ? { ...event, state: { ...event.state, type: 'Wait' } } : event;
