import * as z from 'zod';
import { AwsError } from './gateway.ts';

/** The Data API's parameters and results, between its six types and PostgreSQL's. Anything it does not document is refused. */

const Field = z
  .strictObject({
    isNull: z.boolean(),
    booleanValue: z.boolean(),
    longValue: z.int(),
    doubleValue: z.number(),
    stringValue: z.string(),
    /** Base64. */
    blobValue: z.string(),
    arrayValue: z.unknown(),
  })
  .partial()
  .refine((field) => Object.keys(field).length === 1, 'a value has exactly one member');

export const SqlParameter = z.strictObject({
  name: z.string(),
  value: Field.optional(),
  typeHint: z.enum(['DATE', 'DECIMAL', 'JSON', 'TIME', 'TIMESTAMP', 'UUID']).optional(),
});
export type SqlParameter = z.infer<typeof SqlParameter>;

export const ResultSetOptions = z.strictObject({
  decimalReturnType: z.enum(['STRING', 'DOUBLE_OR_LONG']).default('STRING'),
  longReturnType: z.enum(['LONG', 'STRING']).default('LONG'),
});
export type ResultSetOptions = z.infer<typeof ResultSetOptions>;

const badRequest = (message: string): AwsError => new AwsError('BadRequestException', message);

const hints = {
  DATE: { oid: 1082, form: /^\d{4}-\d\d-\d\d$/ },
  TIME: { oid: 1083, form: /^\d\d:\d\d:\d\d(\.\d+)?$/ },
  TIMESTAMP: { oid: 1114, form: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/ },
  DECIMAL: { oid: 1700, form: /^[+-]?[\d.]+([eE][+-]?\d+)?$/ },
  JSON: { oid: 114, form: /[\s\S]/ },
  UUID: { oid: 2950, form: /[\s\S]/ },
} as const;

export interface BoundValue {
  /** The type that the parameter is declared with; 0 leaves it to PostgreSQL. */
  readonly oid: number;
  readonly value: string | number | boolean | Buffer | null;
}

/** A string without a hint is text, not a literal of unknown type: `id = :id` on a uuid fails, as it does at the service. */
export const bind = ({ name, value: field = { isNull: true }, typeHint }: SqlParameter): BoundValue => {
  const hint = typeHint === undefined ? undefined : hints[typeHint];
  if (field.arrayValue !== undefined) throw badRequest(`Array parameters are not supported (parameter ${name})`);
  if (field.isNull !== undefined) return { oid: hint?.oid ?? 0, value: null };
  if (field.booleanValue !== undefined) return { oid: 16, value: field.booleanValue };
  if (field.longValue !== undefined) return { oid: 20, value: field.longValue };
  if (field.doubleValue !== undefined) return { oid: 701, value: field.doubleValue };
  if (field.blobValue !== undefined) return { oid: 17, value: Buffer.from(field.blobValue, 'base64') };
  const text = field.stringValue ?? '';
  if (hint && !hint.form.test(text)) throw badRequest(`The value of parameter ${name} does not have the form of its type hint ${typeHint}`);
  return { oid: hint?.oid ?? 25, value: text };
};

// Quoted text and names, comments, dollar-quoted bodies and casts stay as they are.
const placeholders =
  /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_][\w]*)?\$[\s\S]*?\$\1\$|::|:([A-Za-z_]\w*)/g;

/** `:name` → `$1`, and which names stand behind the numbers. */
export const toPositional = (sql: string): { readonly text: string; readonly names: readonly string[] } => {
  const names: string[] = [];
  const text = sql.replace(placeholders, (found: string, _tag: string | undefined, name: string | undefined) => {
    if (name === undefined) return found;
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return { text, names };
};

type Kind = 'boolean' | 'long' | 'double' | 'decimal' | 'string' | 'timestamptz' | 'blob' | 'void';

interface ColumnType {
  readonly name: string;
  readonly kind: Kind;
  /** `java.sql.Types`. */
  readonly jdbc: number;
  readonly array?: true;
}

const scalar = (name: string, kind: Kind, jdbc: number): ColumnType => ({ name, kind, jdbc });
const arrayOf = (name: string, kind: Kind): ColumnType => ({ name: `_${name}`, kind, jdbc: 2003, array: true });

/** What the service documents, by type oid. Not among them: "char", regclass, regtype, enums. */
const columnTypes: Readonly<Record<number, ColumnType>> = {
  16: scalar('bool', 'boolean', -7),
  17: scalar('bytea', 'blob', -2),
  19: scalar('name', 'string', 12),
  20: scalar('int8', 'long', -5),
  21: scalar('int2', 'long', 5),
  23: scalar('int4', 'long', 4),
  25: scalar('text', 'string', 12),
  26: scalar('oid', 'long', -5),
  114: scalar('json', 'string', 1111),
  700: scalar('float4', 'double', 7),
  701: scalar('float8', 'double', 8),
  869: scalar('inet', 'string', 1111),
  650: scalar('cidr', 'string', 1111),
  829: scalar('macaddr', 'string', 1111),
  1042: scalar('bpchar', 'string', 1),
  1043: scalar('varchar', 'string', 12),
  1082: scalar('date', 'string', 91),
  1083: scalar('time', 'string', 92),
  1114: scalar('timestamp', 'string', 93),
  1184: scalar('timestamptz', 'timestamptz', 93),
  1186: scalar('interval', 'string', 1111),
  1266: scalar('timetz', 'string', 92),
  1700: scalar('numeric', 'decimal', 2),
  2278: scalar('void', 'void', 1111),
  2950: scalar('uuid', 'string', 1111),
  3802: scalar('jsonb', 'string', 1111),
  1000: arrayOf('bool', 'boolean'),
  1005: arrayOf('int2', 'long'),
  1007: arrayOf('int4', 'long'),
  1016: arrayOf('int8', 'long'),
  1009: arrayOf('text', 'string'),
  1015: arrayOf('varchar', 'string'),
  1021: arrayOf('float4', 'double'),
  1022: arrayOf('float8', 'double'),
  1231: arrayOf('numeric', 'string'),
  2951: arrayOf('uuid', 'string'),
};

export const columnTypeOf = (oid: number, column: string): ColumnType => {
  const type = columnTypes[oid];
  if (!type)
    throw new AwsError('UnsupportedResultException', `The result contains the unsupported data type with oid ${oid} in column ${column}`);
  return type;
};

export type ResultField = Readonly<Record<string, unknown>>;

const toScalar = (text: string, kind: Kind, options: ResultSetOptions): ResultField => {
  if (kind === 'boolean') return { booleanValue: text === 't' };
  if (kind === 'long') return options.longReturnType === 'STRING' ? { stringValue: text } : { longValue: Number(text) };
  if (kind === 'double') return { doubleValue: Number(text) };
  if (kind === 'decimal' && options.decimalReturnType === 'DOUBLE_OR_LONG')
    return /^[+-]?\d+$/.test(text) ? { longValue: Number(text) } : { doubleValue: Number(text) };
  if (kind === 'blob') return { blobValue: Buffer.from(text.slice(2), 'hex').toString('base64') };
  // The session is in UTC; the service leaves the zone out.
  if (kind === 'timestamptz') return { stringValue: text.replace(/\+00$/, '') };
  return { stringValue: text };
};

const arrayMember: Readonly<Partial<Record<Kind, string>>> = { boolean: 'booleanValues', long: 'longValues', double: 'doubleValues' };

/** One-dimensional array literals: `{1,NULL,"a \"b\""}`. */
const toArray = (text: string, kind: Kind, options: ResultSetOptions): ResultField => {
  if (/^\{\{|^\[/.test(text)) throw new AwsError('UnsupportedResultException', 'The result contains a multidimensional array');
  const elements = [...text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)].map(([, quoted, plain = '']) =>
    quoted === undefined ? (plain === 'NULL' ? null : plain) : quoted.replaceAll(/\\(.)/g, '$1'),
  );
  const values = elements.map((element) => (element === null ? null : Object.values(toScalar(element, kind, options))[0]));
  const member = kind === 'long' && options.longReturnType === 'STRING' ? 'stringValues' : (arrayMember[kind] ?? 'stringValues');
  return { arrayValue: { [member]: values } };
};

export const toField = (text: string | null, { kind, array }: ColumnType, options: ResultSetOptions): ResultField => {
  if (text === null) return { isNull: true };
  return array ? toArray(text, kind, options) : toScalar(text, kind, options);
};
