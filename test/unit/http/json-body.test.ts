import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Malformed } from '../../../contexts/shared/domain/errors.ts';
import { parseJson } from '../../../functions/http/json-body.ts';

const messageOf = (text: string): string => {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof Malformed) return error.fields[0]?.message ?? '';
    throw error;
  }
  return 'is JSON';
};

describe('Text that is not JSON', () => {
  test.each([
    ['{"a":1,}', 'line 1, column 8'],
    ['[1,]', 'line 1, column 4'],
    ['[1 2]', 'line 1, column 4'],
    ['{"a" 1}', 'line 1, column 6'],
    ['{a:1}', 'line 1, column 2'],
    ["{'a':1}", 'line 1, column 2'],
    ['{"a":01}', 'line 1, column 7'],
    ['{"a":"\n"}', 'line 1, column 6'],
    ['{"a":tru}', 'line 1, column 6'],
    ['{}\n\n }', 'line 3, column 2'],
    ['[[1,[2}]', 'line 1, column 7'],
    ['{"a":[', 'line 1, column 7'],
    ['', 'line 1, column 1'],
  ])('%j is named by line and column', (text, where) => {
    expect(messageOf(text)).toBe(`is not JSON at ${where}`);
  });

  test('says when it ends too early', () => {
    expect(() => parseJson('{"a": [1, 2')).toThrow('the body is not JSON: at line 1, column 12 it ends too early');
  });

  test('is blamed at the first token that has no place, wherever valid JSON is followed by more', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('x', ']', '}', '"', ':', ','), (json, more) => {
        expect(messageOf(`${json} ${more}`)).toBe(`is not JSON at line 1, column ${json.length + 2}`);
      }),
    );
  });

  test('is never taken for JSON, nor JSON for it', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', ']', '"', '1', '\\', ' '), (json, at, put) => {
        const place = at % (json.length + 1);
        const text = json.slice(0, place) + put + json.slice(place + 1);
        const [isJson, said] = [isParsed(text), messageOf(text)];
        expect(said === 'is JSON').toBe(isJson);
      }),
    );
  });

  test('is blamed no later than where the engine stumbles', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom(',', '}', ']', ':', '1', 'e'), (json, at, put) => {
        const text = json.slice(0, at % json.length) + put + json.slice((at % json.length) + 1);
        const position = enginePosition(text);
        if (position === undefined) return;
        const column = Number(/column (\d+)/.exec(messageOf(text))?.[1]);
        expect(column - 1).toBeLessThanOrEqual(position);
      }),
    );
  });
});

const isParsed = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const enginePosition = (text: string): number | undefined => {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const found = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    return found === undefined ? undefined : Number(found);
  }
};
