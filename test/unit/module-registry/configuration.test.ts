import { describe, expect, test } from '@jest/globals';
import { configurationErrors } from '../../../contexts/module-registry/application/configuration.ts';
import { mergePatch, partedBy } from '../../../contexts/module-registry/domain/configuration.ts';
import { effectiveConfiguration } from '../../../contexts/shared/application/effective-configuration.ts';

const schema = {
  type: 'object',
  properties: {
    currency: { type: 'string', default: 'EUR' },
    rounds: { type: 'number' },
    key: { type: 'string', minLength: 8, writeOnly: true },
  },
  required: ['key'],
  additionalProperties: false,
};
const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });

describe('A JSON merge patch', () => {
  // RFC 7396, appendix A, as far as both are objects
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: { b: 'c', d: 1 } }, { a: { b: 'e' } }, { a: { b: 'e', d: 1 } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('makes of %j with %j what the standard says', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  test('keeps a field with an odd name as a field', () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}'));

    expect(Object.hasOwn(merged, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test('A configuration is parted into what may be shown and what is write-only', () => {
  expect(partedBy(schema, { currency: 'EUR', key: 'hush-hush' })).toEqual({ plain: { currency: 'EUR' }, secret: { key: 'hush-hush' } });
});

describe('What does not fit a configuration', () => {
  test('is nothing where a required field that is write-only is set already', () => {
    expect(configurationErrors(schema, {})).toMatchObject([{ field: 'configuration.key' }]);
    expect(configurationErrors(schema, {}, ['key'])).toEqual([]);
    expect(configurationErrors(schema, { key: 'short' }, ['key'])).toMatchObject([{ field: 'configuration.key' }]);
  });

  test.each([
    ['too long', { currency: 'é'.repeat(16_400) }, /no longer than 32768 bytes/],
    ['too deep', { currency: deep(20) }, /no deeper than 16 levels/],
    ['so deep that nobody could write it down', JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`), /no deeper than 16 levels/],
    ['a number too large for the table', { rounds: 1e120 }, /no number beyond/],
    ['a number too small for the table', { rounds: -1e-120 }, /no number beyond/],
  ])('is what is %s', (_, configuration, message) => {
    expect(configurationErrors(schema, { key: 'long enough', ...configuration })).toEqual([
      { field: 'configuration', message: expect.stringMatching(message) },
    ]);
  });

  test('is told without its value', () => {
    expect(JSON.stringify(configurationErrors(schema, { key: 'secret', more: 'secret' }))).not.toContain('"secret"');
  });
});

describe('The configuration that counts', () => {
  test('has the defaults of what is not set, and nothing that is write-only', () => {
    expect(effectiveConfiguration(schema, { rounds: 2 }, ['key'])).toEqual({ currency: 'EUR', rounds: 2 });
  });

  test('is as it is stored where it does not fit', () => {
    expect(effectiveConfiguration(schema, { rounds: 'two' }, ['key'])).toEqual({ rounds: 'two' });
  });
});
