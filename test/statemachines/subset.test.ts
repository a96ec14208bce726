import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { type Definition, faultsOf, retried } from './subset.ts';

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

  test('retries what is briefly absent, and a defect only where there is no other way out', () => {
    for (const [name, state] of Object.entries(read(file).States).filter(([, { Type }]) => Type === 'Task')) {
      const names = (state['Retry'] as readonly { readonly ErrorEquals: readonly string[] }[]).flatMap(({ ErrorEquals }) => ErrorEquals);
      expect(names).toEqual(expect.arrayContaining([...retried]));
      expect(names.includes('Defect')).toBe(['RollBackTenant', 'UndoProvisioning', 'UndoChange', 'Purging'].includes(name));
    }
  });
});

describe('The lint', () => {
  const task = {
    Type: 'Task',
    TimeoutSeconds: 5,
    Parameters: { Payload: {} },
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }],
    Next: 'End',
  };
  const inner = { StartAt: 'Inner', States: { Inner: { Type: 'Succeed' } } };
  const withState = (state: object): Definition => ({ StartAt: 'One', States: { One: state as never, End: { Type: 'Succeed' } } });

  test('finds nothing wrong with a plain task', () => {
    expect(faultsOf(withState(task))).toEqual([]);
  });

  test.each([
    ['TimeoutSeconds', { ...task, TimeoutSeconds: undefined }],
    ['object as Payload', { ...task, Parameters: { 'Payload.$': '$' } }],
    ['nobody raises Defects', { ...task, Retry: [{ ErrorEquals: ['Defects'] }] }],
    ['never retried', { ...task, Retry: [{ ErrorEquals: ['States.ALL'] }] }],
    ['last Catch', { ...task, Catch: [] }],
    ['ResultPath', { ...task, ResultPath: '$' }],
    ['intrinsic States.Hash', { ...task, Parameters: { Payload: { 'a.$': 'States.Hash($.a)' } } }],
    ['context $$.State.Name', { ...task, Parameters: { Payload: { 'a.$': '$$.State.Name' } } }],
    ['no plain path', { ...task, Parameters: { Payload: { 'a.$': '$.a[0]' } } }],
    ['outside the subset', { Type: 'Activity', Next: 'End' }],
    ['JSONata', { ...task, QueryLanguage: 'JSONata' }],
    ['needs a Default', { Type: 'Choice', Choices: [{ Variable: '$.a', IsPresent: true, Next: 'End' }] }],
    ['IsPresent false', { Type: 'Choice', Default: 'End', Choices: [{ Variable: '$.a', IsPresent: false, Next: 'End' }] }],
    ['only literals', { Type: 'Choice', Default: 'End', Choices: [{ Variable: '$.a', StringEqualsPath: '$.b', Next: 'End' }] }],
    ['no such state', { ...task, Next: 'Elsewhere' }],
    ['heartbeats', { ...task, HeartbeatSeconds: 5 }],
    ['intrinsic States.Hash', { ...task, Parameters: { Payload: { 'a.$': "States.Format('{}', States.Hash($.a))" } } }],
    ['no parentheses', { ...task, Parameters: { Payload: { 'a.$': "States.Format('({})', $.a)" } } }],
    ['$.a[0] is no plain path', { ...task, Parameters: { Payload: { 'a.$': "States.Format('{}', $.a[0])" } } }],
    [
      'Variable $.a[0] is no plain path',
      { Type: 'Choice', Default: 'End', Choices: [{ Variable: '$.a[0]', IsPresent: true, Next: 'End' }] },
    ],
    ['ItemSelector', { ...task, Parameters: { Payload: { 'a.$': '$$.Map.Item.Value' } } }],
    ['only States.ALL', { Type: 'Map', Next: 'End', Retry: [{ ErrorEquals: ['Unavailable'] }], ItemProcessor: inner }],
    [
      'a Task needs TimeoutSeconds',
      {
        Type: 'Map',
        Next: 'End',
        ItemProcessor: { ...inner, States: { Inner: { ...task, TimeoutSeconds: undefined, Next: undefined, End: true, Catch: [] } } },
      },
    ],
    [
      'nothing leads to it',
      { Type: 'Parallel', Next: 'End', Branches: [{ ...inner, States: { ...inner.States, Lost: { Type: 'Succeed' } } }] },
    ],
    ['two states have this name', { Type: 'Parallel', Next: 'End', Branches: [inner, inner] }],
    ['nothing leads to it', { Type: 'Succeed' }],
  ])('names a state that breaks: %s', (fault, state) => {
    expect(faultsOf(withState(state)).join('\n')).toContain(fault);
  });
});
