import * as z from 'zod';
import { Defect, type FieldError } from '../../shared/domain/errors.ts';

/** What of `configuration` does not fit a version's JSON Schema, field by field. */
export const configurationErrors = (schema: Readonly<Record<string, unknown>>, configuration: unknown): readonly FieldError[] => {
  const parsed = schemaOf(schema).safeParse(configuration);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({ field: ['configuration', ...path].join('.'), message }));
};

const schemaOf = (schema: Readonly<Record<string, unknown>>): z.ZodType => {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (error) {
    throw new Defect('the configuration schema of a registered version is not JSON Schema', {}, { cause: error });
  }
};
