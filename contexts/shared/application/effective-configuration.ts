import * as z from 'zod';
import { Defect } from '../domain/errors.ts';

type JsonSchema = Readonly<Record<string, unknown>>;
type Configuration = Readonly<Record<string, unknown>>;

/**
 * The configuration with the defaults of the version's JSON Schema where nothing is set; write-only fields that are set,
 * `secretsSet`, count as there. One that does not fit the schema is answered as it is.
 */
export const effectiveConfiguration = (schema: JsonSchema, configuration: Configuration, secretsSet: readonly string[]): Configuration => {
  const parsed = configurationSchema(schema, secretsSet).safeParse(configuration);
  return parsed.success ? (parsed.data as Configuration) : configuration;
};

/** Of a registered version; it does not miss what is set already. */
export const configurationSchema = (schema: JsonSchema, secretsSet: readonly string[]): z.ZodType => {
  try {
    return z.fromJSONSchema(without(schema, secretsSet) as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (error) {
    throw new Defect('the configuration schema of a registered version is not JSON Schema', {}, { cause: error });
  }
};

const without = (schema: JsonSchema, fields: readonly string[]): JsonSchema => {
  const { required } = schema;
  return Array.isArray(required) ? { ...schema, required: required.filter((name) => !fields.includes(String(name))) } : schema;
};
