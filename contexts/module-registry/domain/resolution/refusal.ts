import type { RefusalKind } from '../../../shared/domain/errors.ts';
import type { Explanation, Link, ResolutionReason } from './vocabulary.ts';

const kinds: Partial<Readonly<Record<ResolutionReason, RefusalKind>>> = {
  'unknown-module': 'not-found',
  'unknown-version': 'not-found',
  'already-installed': 'conflict',
  'not-installed': 'conflict',
};

export const refuse = (
  reason: ResolutionReason,
  message: string,
  facts: Readonly<Record<string, unknown>> & { readonly chain: readonly Link[] },
): Explanation => ({ kind: kinds[reason] ?? 'unprocessable', reason, message, facts });

/** What is wrong with one module by itself: a chain of one link. */
export const refuseModule = (
  reason: ResolutionReason,
  about: { readonly module: string; readonly versions?: readonly string[]; readonly says: string; readonly remedy?: string },
): Explanation => {
  const { module, versions = [], says, remedy } = about;
  const chain = [{ fact: reason, module, versions, says }];
  const facts = { module, ...(versions.length > 0 ? { versions } : {}), chain };
  return refuse(reason, remedy ? `${says}; ${remedy}` : says, facts);
};
