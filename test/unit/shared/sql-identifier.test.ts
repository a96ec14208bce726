import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { identifier, literal } from '../../../contexts/shared/adapters/sql-identifier.ts';

describe('A name in SQL', () => {
  test('is quoted, part by part', () => {
    expect(identifier('digital_card', 'Odd "name"')).toBe('"digital_card"."Odd ""name"""');
  });

  test('is refused when PostgreSQL would cut it or could not hold it', () => {
    for (const name of ['', 'a\0b', 'ä'.repeat(32)]) expect(() => identifier(name)).toThrow('1 to 63 bytes');
    expect(identifier('a'.repeat(63))).toHaveLength(65);
  });

  test('never ends before its closing quote', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 15 }), (name) => {
        fc.pre(!name.includes('\0'));
        expect(identifier(name)).toMatch(/^"(?:[^"]|"")*"$/);
      }),
    );
  });
});

describe('A text in SQL', () => {
  test('is quoted', () => {
    expect(literal("it's")).toBe("'it''s'");
  });

  test('is refused with a backslash, which some settings read as an escape', () => {
    expect(() => literal('a\\b')).toThrow('no backslash');
  });
});
