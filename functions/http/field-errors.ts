import type * as z from 'zod';
import type { FieldError } from '../../contexts/shared/domain/errors.ts';

/** Where in a request a field stands. */
export type Place = 'path' | 'query' | 'header' | 'body';

export interface PlacedFieldError extends FieldError {
  readonly in: Place;
}

/** Every wrong field by its name, unknown ones too. */
export const fieldErrors = (issues: readonly z.core.$ZodIssue[], place: Place): readonly PlacedFieldError[] =>
  issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ field: fieldName(issue.path, place), in: place, message: messageOf(issue) }];
    return issue.keys.map((key) => ({
      field: fieldName([...issue.path, key], place),
      in: place,
      message: 'is not known here; leave it out',
    }));
  });

const messageOf = (issue: z.core.$ZodIssue): string => {
  const missing = 'input' in issue && issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
  return missing ? 'is required' : issue.message;
};

/** `versions[0].dependencies[1].range`; the whole of a body is `body`. */
const fieldName = (path: readonly PropertyKey[], place: Place): string => {
  if (path.length === 0) return place;
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('');
};
