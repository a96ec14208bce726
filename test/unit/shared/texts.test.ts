import { describe, expect, test } from '@jest/globals';
import { line, prose, text } from '../../../contexts/shared/application/texts.ts';

describe('A text in a request', () => {
  test('is trimmed, is not empty, and is no longer than it may be', () => {
    expect([line(3).parse(' ab '), prose(3).parse(' ab ')]).toEqual(['ab', 'ab']);
    for (const text of [line(3), prose(3)]) expect(['  ', 'abcd'].map((given) => text.safeParse(given).success)).toEqual([false, false]);
  });

  test('is whole, since PostgreSQL keeps no half character in JSON', () => {
    const given = ['\ud83d\ude00', '\ud83d', '\ude00 a'];
    for (const schema of [line(9), prose(9), text(9)])
      expect(given.map((one) => schema.safeParse(one).success)).toEqual([true, false, false]);
  });

  test('may be kept as it is, also empty', () => {
    expect(['', ' a\n'].map((given) => text(9).parse(given))).toEqual(['', ' a\n']);
    expect(['a\0', 'a'.repeat(10)].map((given) => text(9).safeParse(given).success)).toEqual([false, false]);
  });

  test('has no control character on a line, and anywhere no NUL', () => {
    expect(['a\nb', 'a\tb', 'a\0b'].map((text) => line(9).safeParse(text).success)).toEqual([false, false, false]);
    expect(['a\nb', 'a\tb', 'a\0b'].map((text) => prose(9).safeParse(text).success)).toEqual([true, true, false]);
  });
});
