import type { ColumnMetadata, Field, SqlParameter } from '@aws-sdk/client-rds-data';
import type { Row, Statement } from '../application/database.ts';
import { Defect } from '../domain/errors.ts';

/**
 * The Data API names its parameters and knows six types, so `$2` becomes `:p2`, with a cast where the type is none of
 * them. Quoted text, quoted names, comments and dollar-quoted bodies are left alone.
 */
export const toDataApi = ({ sql, parameters }: Statement): { readonly sql: string; readonly parameters: SqlParameter[] } => {
  if (parameters.length === 0) return { sql, parameters: [] };
  const sent = parameters.map((value, index) => toParameter(`p${index + 1}`, value));
  return { sql: sql.replace(placeholders, (text, index?: string) => placed(text, index, sent)), parameters: sent.map((p) => p.parameter) };
};

const placeholders = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$([a-z_]*)\$[\s\S]*?\$\1\$|\$(?<index>\d+)/gi;

interface Sent {
  readonly parameter: SqlParameter;
  readonly cast?: string;
}

const placed = (text: string, _index: string | undefined, sent: readonly Sent[]): string => {
  const index = /^\$(\d+)$/.exec(text)?.[1];
  if (index === undefined) return text;
  const found = sent[Number(index) - 1];
  if (found === undefined) throw new Defect(`the statement names ${text} but has ${sent.length} parameters`);
  return found.cast === undefined ? `:p${index}` : `CAST(:p${index} AS ${found.cast})`;
};

const toParameter = (name: string, value: unknown): Sent => {
  if (value === null || value === undefined) return { parameter: { name, value: { isNull: true } } };
  if (typeof value === 'string') return { parameter: { name, value: { stringValue: value } } };
  if (typeof value === 'boolean') return { parameter: { name, value: { booleanValue: value } } };
  if (typeof value === 'number') return { parameter: { name, value: numberValue(value) } };
  if (typeof value === 'bigint') return { parameter: { name, value: { stringValue: value.toString() } }, cast: 'bigint' };
  if (value instanceof Date) return { parameter: { name, value: { stringValue: value.toISOString() } }, cast: 'timestamptz' };
  if (value instanceof Uint8Array) return { parameter: { name, value: { blobValue: value } } };
  if (typeof value === 'object') return { parameter: { name, value: { stringValue: JSON.stringify(value) } }, cast: 'jsonb' };
  throw new Defect(`a ${typeof value} cannot be a parameter`);
};

const numberValue = (value: number): Field =>
  Number.isSafeInteger(value) ? { longValue: value } : Number.isFinite(value) ? { doubleValue: value } : refuseNumber();

const refuseNumber = (): never => {
  throw new Defect('NaN and Infinity cannot be parameters');
};

/** One record as an object by column label: timestamps are Dates, json is parsed, integers are numbers (bigints above 2^53). */
export const toRow = (record: readonly Field[], columns: readonly ColumnMetadata[]): Row =>
  Object.fromEntries(record.map((field, index) => [nameOf(columns[index]), toValue(field, columns[index]?.typeName ?? '')]));

const nameOf = (column: ColumnMetadata | undefined): string => {
  const name = column?.label ?? column?.name;
  if (name === undefined) throw new Defect('the Data API answered a column without its metadata');
  return name;
};

const toValue = (field: Field, type: string): unknown => {
  if (field.isNull === true) return null;
  if (field.booleanValue !== undefined) return field.booleanValue;
  if (field.longValue !== undefined) return field.longValue;
  if (field.doubleValue !== undefined) return field.doubleValue;
  if (field.blobValue !== undefined) return field.blobValue;
  if (field.arrayValue !== undefined) return Object.values(field.arrayValue)[0];
  return parseText(field.stringValue ?? '', type);
};

const parseText = (text: string, type: string): unknown => {
  if (integers.has(type)) return integer(text);
  if (type === 'json' || type === 'jsonb') return JSON.parse(text);
  if (type === 'timestamptz' || type === 'timestamp') return instant(text);
  return text;
};

const integers = new Set(['int2', 'int4', 'int8', 'smallserial', 'serial', 'bigserial', 'oid']);

const integer = (text: string): number | bigint => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text));

/** `2026-01-31 10:00:00.123456`, UTC and without saying so, or with `+00`. */
const instant = (text: string): Date => {
  const iso = text.replace(' ', 'T').replace(/(\.\d{3})\d+/, '$1');
  return new Date(/(Z|[+-]\d\d(:?\d\d)?)$/.test(iso) ? iso.replace(/([+-]\d\d)$/, '$1:00') : `${iso}Z`);
};
