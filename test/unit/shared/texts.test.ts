import { describe, expect, test } from '@jest/globals';
import { line, prose } from '../../../contexts/shared/application/texts.ts';

describe('A text in a request', () => {
  test('is trimmed, is not empty, and is no longer than it may be', () => {
    expect([line(3).parse(' ab '), prose(3).parse(' ab ')]).toEqual(['ab', 'ab']);
    for (const text of [line(3), prose(3)]) expect(['  ', 'abcd'].map((given) => text.safeParse(given).success)).toEqual([false, false]);
  });

  test('has no control character on a line, and anywhere no NUL', () => {
    expect(['a\nb', 'a\tb', 'a\0b'].map((text) => line(9).safeParse(text).success)).toEqual([false, false, false]);
    expect(['a\nb', 'a\tb', 'a\0b'].map((text) => prose(9).safeParse(text).success)).toEqual([true, true, false]);
  });
});
