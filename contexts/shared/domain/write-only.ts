/**
 * Fields of a configuration that can be set and never read again: `writeOnly: true` in its JSON Schema. They stand at its top
 * level, so that what is secret can be told by a name.
 */

type JsonSchema = Readonly<Record<string, unknown>>;

/** The names of the write-only fields of a configuration's JSON Schema. */
export const writeOnlyFields = (schema: JsonSchema): readonly string[] =>
  Object.entries(propertiesOf(schema)).flatMap(([name, property]) => (isWriteOnly(property) ? [name] : []));

/** Whether something deeper than a property of the top level says that it is write-only. */
export const hasHiddenSecrets = (schema: JsonSchema): boolean => {
  const { properties: _properties, ...rest } = schema;
  return (
    isWriteOnly(schema) || saysWriteOnly(rest) || Object.values(propertiesOf(schema)).some((property) => saysWriteOnly(inside(property)))
  );
};

const propertiesOf = ({ properties }: JsonSchema): JsonSchema => (isObject(properties) ? properties : {});

const isObject = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);

const isWriteOnly = (value: unknown): boolean => isObject(value) && value['writeOnly'] === true;

/** A property without what it says of itself. */
const inside = (property: unknown): unknown => {
  if (!isObject(property)) return property;
  const { writeOnly: _writeOnly, ...rest } = property;
  return rest;
};

const saysWriteOnly = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.some(saysWriteOnly);
  return isWriteOnly(value) || (isObject(value) && Object.values(value).some(saysWriteOnly));
};
