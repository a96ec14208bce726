import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import * as errors from '../../contexts/shared/domain/errors.ts';
import { type Definition, faultsOf } from './subset.ts';

const validate = createRequire(import.meta.url)('asl-validator') as (
  definition: unknown,
  options?: object,
) => { readonly isValid: boolean; readonly errors: unknown };
const files = readdirSync('statemachines');
const read = (file: string): Definition => JSON.parse(readFileSync(`statemachines/${file}`, 'utf8')) as Definition;

describe.each(files)('%s', (file) => {
  test('is valid', () => {
    const text = readFileSync(`statemachines/${file}`, 'utf8').replaceAll(
      /\$\{\w+\}/g,
      'arn:aws:lambda:us-east-1:000000000000:function:steps',
    );
    const { isValid, errors } = validate(JSON.parse(text), { checkPaths: true, checkArn: true });
    expect([errors, isValid]).toEqual([[], true]);
  });

  test('keeps to the subset that runs alike on AWS and locally', () => {
    expect(faultsOf(read(file))).toEqual([]);
  });

  test('retries a defect only where there is no other way out', () => {
    for (const [name, state] of Object.entries(read(file).States).filter(([, { Type }]) => Type === 'Task')) {
      const names = (state['Retry'] as readonly { readonly ErrorEquals: readonly string[] }[]).flatMap(({ ErrorEquals }) => ErrorEquals);
      expect(names.includes('Defect')).toBe(['RollBackTenant', 'PurgeTenant', 'UndoProvisioning', 'UndoChange', 'Purging'].includes(name));
    }
  });
});

describe('The lint', () => {
  const retry = {
    ErrorEquals: [
      'Contended',
      'Unavailable',
      'Lambda.ServiceException',
      'Lambda.AWSLambdaException',
      'Lambda.SdkClientException',
      'Lambda.TooManyRequestsException',
      'Lambda.ClientExecutionTimeoutException',
      'Sandbox.Timedout',
      'Lambda.Unknown',
      'States.Timeout',
    ],
    MaxAttempts: 3,
  };
  const task = {
    Type: 'Task',
    TimeoutSeconds: 5,
    Parameters: { Payload: {} },
    Retry: [retry],
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }],
    Next: 'End',
  };
  const saying = (expression: string) => ({ ...task, Parameters: { Payload: { 'a.$': expression } } });
  const choosing = (choice: object) => ({ Type: 'Choice', Default: 'End', Choices: [{ ...choice, Next: 'End' }] });
  const machineOf = (name: string, state: object) => ({ StartAt: name, States: { [name]: state } });
  const inner = machineOf('Inner', { Type: 'Succeed' });
  const { Next: _next, ...ending } = { ...task, End: true, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Inner' }] };
  const mapping = (machine: object, more: object = {}) => ({ Type: 'Map', Next: 'End', ItemProcessor: machine, ...more });
  const distributed = (config: object, more: object = {}, state: object = { Type: 'Succeed' }) =>
    mapping(
      { ...machineOf('Inner', state), ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD', ...config } },
      { ToleratedFailurePercentage: 100, ...more },
    );
  const withState = (state: object): Definition => ({ StartAt: 'One', States: { One: state as never, End: { Type: 'Succeed' } } });

  test.each([
    ['a task', task],
    ['a choice', choosing({ Not: { Variable: '$.a.b', IsPresent: true } })],
    ['nested intrinsics', saying("States.Format('{} of {}', States.MathAdd($.a, 1), $$.Execution.Name)")],
    [
      'a map in a parallel',
      { Type: 'Parallel', Next: 'End', ResultPath: null, Branches: [machineOf('Each', { Type: 'Map', End: true, ItemProcessor: inner })] },
    ],
    ['what a map says of its items', mapping(inner, { ItemsPath: '$.items', ItemSelector: { 'id.$': '$$.Map.Item.Value' } })],
    ['a distributed map', distributed({})],
  ])('finds nothing wrong with %s', (_, state) => {
    expect(faultsOf(withState(state))).toEqual([]);
  });

  test.each([
    ['One: a Task needs TimeoutSeconds', { ...task, TimeoutSeconds: undefined }],
    ['One: a Task needs an object as Payload', { ...task, Parameters: { 'Payload.$': '$' } }],
    ['One: nobody raises Defects', { ...task, Retry: [retry, { ErrorEquals: ['Defects'], MaxAttempts: 1 }] }],
    ['One: nobody raises Error', { ...task, Catch: [{ ErrorEquals: ['Error'], Next: 'End' }, ...task.Catch] }],
    ['One: States.ALL is never retried', { ...task, Retry: [retry, { ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] }],
    ['One: a retry says how often: MaxAttempts', { ...task, Retry: [{ ErrorEquals: retry.ErrorEquals }] }],
    ['One: the last Catch is States.ALL', { ...task, Catch: [] }],
    ['One: nobody sends heartbeats', { ...task, HeartbeatSeconds: 5 }],
    ['One: ResultPath "$" means something else', { ...task, ResultPath: '$' }],
    ['One: ResultPath $.a[0] is no plain path', { ...task, ResultPath: '$.a[0]' }],
    ['One: ResultPath $.b-c is no plain path', { ...task, Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.b-c', Next: 'End' }] }],
    ['One: Variable $.a[0] is no plain path', choosing({ Variable: '$.a[0]', IsPresent: true })],
    ['One: Variable $..a is no plain path', choosing({ And: [{ Not: { Variable: '$..a', IsPresent: true } }] })],
    ['One: ItemsPath $.a[*] is no plain path', mapping(inner, { ItemsPath: '$.a[*]' })],
    ['One: SecondsPath $.a[0] is no plain path', { Type: 'Wait', SecondsPath: '$.a[0]', Next: 'End' }],
    ['One: $.a[0] is no plain path', saying('$.a[0]')],
    ['One: $.a[0] is no plain path', saying("States.Format('{}', States.MathAdd($.a[0], 1))")],
    ['One: the intrinsic States.Hash is outside', saying('States.Hash($.a)')],
    ['One: the intrinsic States.Hash is outside', saying("States.Format('{}', States.Array(States.Hash($.a)))")],
    ['One: no parentheses in the text', saying("States.Format('({})', $.a)")],
    ['One: no backslashes in an intrinsic', saying("States.Format('it\\'s {}', $.a)")],
    ['One: the context $$.State.Name is outside', saying('$$.State.Name')],
    ['One: the context $$.State.Name is outside', saying("States.Format('{}', $$.State.Name)")],
    ['One: the context $$.Map.Item.Value is for the ItemSelector', saying('$$.Map.Item.Value')],
    ['One: the type Activity is outside the subset', { Type: 'Activity', Next: 'End' }],
    ['One: JSONata is outside the subset', { ...task, QueryLanguage: 'JSONata' }],
    ['One: a Choice needs a Default', { ...choosing({ Variable: '$.a', IsPresent: true }), Default: undefined }],
    ['One: IsPresent false never matches', choosing({ Variable: '$.a', IsPresent: false })],
    ['One: StringEqualsPath compares with a path', choosing({ Variable: '$.a', StringEqualsPath: '$.b' })],
    ['Elsewhere: there is no such state', { ...task, Next: 'Elsewhere' }],
    ['End: nothing leads to it', { Type: 'Succeed' }],
    ['One: on a Map only States.ALL is named', mapping(inner, { Retry: [{ ErrorEquals: ['Unavailable'] }] })],
    [
      'One: on a Parallel only States.ALL is named',
      { Type: 'Parallel', Next: 'End', Branches: [inner], Catch: [{ ErrorEquals: ['Defect'], Next: 'End' }] },
    ],
    ['Inner: a Task needs TimeoutSeconds', mapping(machineOf('Inner', { ...ending, TimeoutSeconds: undefined }))],
    [
      'Deep: a Task needs TimeoutSeconds',
      {
        Type: 'Parallel',
        Next: 'End',
        Branches: [
          machineOf('Each', { Type: 'Map', End: true, ItemProcessor: machineOf('Deep', { ...ending, TimeoutSeconds: undefined }) }),
        ],
      },
    ],
    ['Lost: nothing leads to it', mapping({ ...inner, States: { ...inner.States, Lost: { Type: 'Succeed' } } })],
    ['End: there is no such state', mapping(machineOf('Inner', { Type: 'Pass', Next: 'End' }))],
    ['Inner: two states have this name', { Type: 'Parallel', Next: 'End', Branches: [inner, inner] }],
    ['One: two states have this name', mapping(machineOf('One', { Type: 'Succeed' }))],
    ['One: a distributed Map tolerates every failure', distributed({}, { ToleratedFailurePercentage: 5 })],
    ['One: a distributed Map takes its items from the input', distributed({}, { ItemReader: {} })],
    ['One: the children of a distributed Map are STANDARD', distributed({ ExecutionType: 'EXPRESS' })],
    ['One: the children of a distributed Map end in a Succeed', distributed({}, {}, { Type: 'Pass', End: true })],
  ])('says “%s”', (fault, state) => {
    expect(faultsOf(withState(state)).join('\n')).toContain(fault);
  });

  test.each(retry.ErrorEquals)('misses %s where a task does not retry it', (error) => {
    const others = retry.ErrorEquals.filter((other) => other !== error);
    expect(faultsOf(withState({ ...task, Retry: [{ ...retry, ErrorEquals: others }] }))).toEqual([`One: a Task retries ${error}`]);
  });

  test.each(Object.values(errors))('knows each of our errors by the name that it is raised with', (error) => {
    const raised = (Reflect.construct(error, [{ message: '' }]) as Error).name;
    expect(faultsOf(withState({ ...task, Catch: [{ ErrorEquals: [raised], Next: 'End' }, ...task.Catch] }))).toEqual([]);
  });
});
