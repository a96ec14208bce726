import { Malformed } from '../../contexts/shared/domain/errors.ts';
import type { PlacedFieldError } from './field-errors.ts';

/** The body as text; undefined without one. Rejects with `Malformed` what is not UTF-8. */
export const bodyText = (event: { readonly body?: string | undefined; readonly isBase64Encoded?: boolean }): string | undefined => {
  if (event.body === undefined || event.body === '') return undefined;
  if (event.isBase64Encoded !== true) return event.body;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(event.body, 'base64'));
  } catch (error) {
    throw new Malformed('the body is not UTF-8', [wrongBody('must be JSON in UTF-8')], { cause: error });
  }
};

/** The value of a JSON text. Rejects with `Malformed` naming line and column of the first token that cannot stand there. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const offset = firstFault(text);
    const before = text.slice(0, offset).split('\n');
    const where = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
    const what = offset >= text.length ? 'it ends too early' : 'this cannot stand there';
    throw new Malformed(`the body is not JSON: at ${where} ${what}`, [wrongBody(`is not JSON at ${where}`)]);
  }
};

const wrongBody = (message: string): PlacedFieldError => ({ field: 'body', in: 'body', message });

const space = /[\t\n\r ]*/y;
const string = /"(?:[ !#-[\]-\u{10FFFF}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** What may come next, outermost last: a value, a key, or what separates and closes. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or ]' | ', or }';

/**
 * The offset of the first token that cannot stand in JSON. The engine's own message names no place for some faults and
 * quotes the body for others. One step per token, so it ends with the text.
 */
const firstFault = (text: string): number => {
  const expected: Expected[] = ['value'];
  let offset = skip(space, text, 0);
  for (let next = expected.pop(); next !== undefined; next = expected.pop()) {
    const end = step(next, text, offset, expected);
    if (end === undefined) return offset;
    offset = skip(space, text, end);
  }
  return offset;
};

/** Takes one token and pushes what it makes us expect; answers where it ends, or undefined where it may not stand. */
const step = (next: Expected, text: string, offset: number, expected: Expected[]): number | undefined => {
  const char = text.charAt(offset);
  const closes = next.endsWith(char) && (char === ']' || char === '}');
  if (closes) return offset + 1;
  if (next === 'value or ]') expected.push(', or ]');
  if (next.startsWith('value')) return value(text, offset, expected);
  if (next.startsWith('key')) {
    expected.push(', or }', 'value', ':');
    return match(string, text, offset);
  }
  if (char !== next.charAt(0)) return undefined;
  if (next === ', or ]') expected.push(', or ]', 'value');
  if (next === ', or }') expected.push('key');
  return offset + 1;
};

const value = (text: string, offset: number, expected: Expected[]): number | undefined => {
  const char = text.charAt(offset);
  if (char === '{') expected.push('key or }');
  else if (char === '[') expected.push('value or ]');
  else return match(char === '"' ? string : scalar, text, offset);
  return offset + 1;
};

const skip = (pattern: RegExp, text: string, offset: number): number => match(pattern, text, offset) ?? offset;

const match = (pattern: RegExp, text: string, offset: number): number | undefined => {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
};
