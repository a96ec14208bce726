import type { Route } from '../../contexts/shared/application/route.ts';
import { Malformed, Refused } from '../../contexts/shared/domain/errors.ts';
import type { ApiEvent } from './exchange.ts';
import type { PlacedFieldError } from './field-errors.ts';

const tag = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;
const tagsMax = 20;

/**
 * The entity tags of a conditional route's If-Match (RFC 9110, 13.1.1); undefined for any other route. Rejects with `Refused`
 * (428) where there is none, with `Malformed` one that is no list of tags.
 */
export const ifMatchOf = ({ conditional }: Route, { headers }: Pick<ApiEvent, 'headers'>): readonly string[] | undefined => {
  if (conditional !== true) return undefined;
  const sent = headers['if-match'];
  if (sent === undefined) throw new Refused(required);
  if (sent.trim() === '*') return ['*'];
  const tags = sent.split(',').map((one) => one.trim());
  if (tags.length > tagsMax || !tags.every((one) => tag.test(one))) throw new Malformed('the request has a wrong header', [wrong]);
  return tags;
};

const required = {
  kind: 'precondition-required',
  reason: 'if-match-required',
  message: 'this changes what you have seen: send the ETag of your last GET as If-Match, or * to change it however it is',
} as const;

const wrong: PlacedFieldError = {
  field: 'If-Match',
  in: 'header',
  message: `is * or up to ${tagsMax} entity tags in double quotes, as an ETag says them`,
};
