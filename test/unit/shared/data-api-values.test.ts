import { describe, expect, test } from '@jest/globals';
import { toDataApi, toRow } from '../../../contexts/shared/adapters/data-api-values.ts';

describe('A statement on its way to the Data API', () => {
  test('names its parameters', () => {
    expect(toDataApi({ sql: 'select $1, $2', parameters: ['a', 7] })).toEqual({
      sql: 'select :p1, :p2',
      parameters: [
        { name: 'p1', value: { stringValue: 'a' } },
        { name: 'p2', value: { longValue: 7 } },
      ],
    });
  });

  test('casts what the service has no type for', () => {
    const { sql, parameters } = toDataApi({
      sql: 'select $1, $2, $3, $4',
      parameters: [new Date('2026-01-31T10:00:00.5Z'), 2n ** 60n, ['a', 'b'], { a: 1 }],
    });
    expect(sql).toBe('select CAST(:p1 AS timestamptz), CAST(:p2 AS bigint), CAST(:p3 AS jsonb), CAST(:p4 AS jsonb)');
    expect(parameters.map((p) => p.value?.stringValue)).toEqual([
      '2026-01-31T10:00:00.500Z',
      '1152921504606846976',
      '["a","b"]',
      '{"a":1}',
    ]);
  });

  test('sends null, truth, fractions and bytes as what they are', () => {
    const { parameters } = toDataApi({ sql: '$1 $2 $3 $4 $5', parameters: [null, undefined, true, 1.5, Uint8Array.of(1)] });
    expect(parameters.map((p) => p.value)).toEqual([
      { isNull: true },
      { isNull: true },
      { booleanValue: true },
      { doubleValue: 1.5 },
      { blobValue: Uint8Array.of(1) },
    ]);
  });

  test.each([
    ["a quoted text: '$1 it''s $1'", "select '$1 it''s $1', :p1"],
    ['a quoted name', 'select "$1" from :p1'],
    ['a comment', '-- $1\nselect /* $1 */ :p1'],
    ['a dollar-quoted body', 'select $x$ $1 $x$, $$ $1 $$, :p1'],
  ])('leaves %s alone', (_what, expected) => {
    expect(toDataApi({ sql: expected.replace(':p1', '$1'), parameters: ['v'] }).sql).toBe(expected);
  });

  test('is refused when it names a parameter that is not there, or one that has no meaning in SQL', () => {
    expect(() => toDataApi({ sql: 'select $2', parameters: ['a'] })).toThrow('names $2 but has 1');
    expect(() => toDataApi({ sql: 'select $1', parameters: [Number.NaN] })).toThrow('NaN');
    expect(() => toDataApi({ sql: 'select $1', parameters: [() => 1] })).toThrow('a function cannot be a parameter');
  });
});

describe('A record from the Data API', () => {
  test('becomes an object by label, with numbers, dates and documents', () => {
    const row = toRow(
      [
        { stringValue: '5' },
        { stringValue: '9007199254740993' },
        { stringValue: '2026-01-31 10:00:00.123456' },
        { stringValue: '2026-01-31 10:00:00+00' },
        { stringValue: '{"a":1}' },
        { isNull: true },
        { booleanValue: false },
        { stringValue: '1.20' },
        { arrayValue: { stringValues: ['x'] } },
        { doubleValue: 1.5 },
        { blobValue: Uint8Array.of(1) },
        { longValue: 3 },
      ],
      [
        { label: 'n', name: 'number', typeName: 'int4' },
        { name: 'big', typeName: 'int8' },
        { name: 'at', typeName: 'timestamptz' },
        { name: 'zoned', typeName: 'timestamptz' },
        { name: 'doc', typeName: 'jsonb' },
        { name: 'none', typeName: 'text' },
        { name: 'no', typeName: 'bool' },
        { name: 'price', typeName: 'numeric' },
        { name: 'list', typeName: '_text' },
        { name: 'share', typeName: 'float8' },
        { name: 'bytes', typeName: 'bytea' },
        { name: 'long' },
      ],
    );
    expect(row).toEqual({
      n: 5,
      big: 9007199254740993n,
      at: new Date('2026-01-31T10:00:00.123Z'),
      zoned: new Date('2026-01-31T10:00:00Z'),
      doc: { a: 1 },
      none: null,
      no: false,
      price: '1.20',
      list: ['x'],
      share: 1.5,
      bytes: Uint8Array.of(1),
      long: 3,
    });
  });

  test('is refused without its metadata', () => {
    expect(() => toRow([{ stringValue: 'a' }], [])).toThrow('without its metadata');
  });
});
