import { writeOnlyFields } from '../../shared/domain/write-only.ts';

/** What of a module a tenant has set, field by field. Defaults are no part of it. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Where a module's write-only values are kept, apart from everything else. */
export interface KeptSecrets {
  /** Under which they are found; another one with every change. */
  readonly ref: string;
  /** The names of those that are set. */
  readonly fields: readonly string[];
}

/** A configuration in two: what may be stored and shown, and what is write-only. */
export interface PartedConfiguration {
  readonly plain: Configuration;
  readonly secret: Configuration;
}

export const partedBy = (schema: Configuration, configuration: Configuration): PartedConfiguration => {
  const names = new Set(writeOnlyFields(schema));
  const part = (isSecret: boolean): Configuration =>
    Object.fromEntries(Object.entries(configuration).filter(([name]) => names.has(name) === isSecret));
  return { plain: part(false), secret: part(true) };
};

/** A JSON merge patch (RFC 7396): null takes a field away, an object goes into what is there, anything else replaces it. */
export const mergePatch = (target: Configuration, patch: Configuration): Configuration => {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const before = merged.get(name);
    if (value === null) merged.delete(name);
    else merged.set(name, isObject(value) ? mergePatch(isObject(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(merged);
};

const isObject = (value: unknown): value is Configuration => typeof value === 'object' && value !== null && !Array.isArray(value);
