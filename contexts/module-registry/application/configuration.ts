import { configurationSchema } from '../../shared/application/effective-configuration.ts';
import type { FieldError } from '../../shared/domain/errors.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** In JSON; a secret takes 64 KiB, and an item of the table not much more. */
const bytesMax = 32_768;
const depthMax = 16;
/** Larger and smaller numbers have no place in the table. */
const numberMax = 1e100;

/**
 * What of `configuration` does not fit a version's JSON Schema, or cannot be stored, field by field. What is set already and is
 * not named here, `secretsSet`, counts as there.
 */
export const configurationErrors = (
  schema: JsonSchema,
  configuration: unknown,
  secretsSet: readonly string[] = [],
): readonly FieldError[] => {
  const unstorable = whyUnstorable(configuration);
  if (unstorable !== undefined) return [{ field: 'configuration', message: unstorable }];
  const parsed = configurationSchema(schema, secretsSet).safeParse(configuration);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({ field: ['configuration', ...path].join('.'), message }));
};

/** Why a configuration, or a patch of one, cannot be kept, as the end of a sentence. */
export const whyUnstorable = (configuration: unknown): string | undefined => {
  if (isDeeper(configuration, depthMax)) return `must be no deeper than ${depthMax} levels`;
  if (Buffer.byteLength(JSON.stringify(configuration) ?? '') > bytesMax) return `must be no longer than ${bytesMax} bytes of JSON`;
  if (hasWideNumber(configuration)) return 'must have no number beyond 1e100 nor, but 0, within 1e-100';
  return undefined;
};

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

const hasWideNumber = (value: unknown): boolean => {
  if (typeof value === 'number') return !(value === 0 || (Math.abs(value) < numberMax && Math.abs(value) > 1 / numberMax));
  return typeof value === 'object' && value !== null && Object.values(value).some(hasWideNumber);
};
