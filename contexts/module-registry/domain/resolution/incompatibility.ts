import { isWithin, type Values } from './values.ts';
import type { Dependency, Unavailability } from './vocabulary.ts';

/** The module's value is one of these. */
export interface Term {
  readonly module: string;
  readonly values: Values;
}

/** Terms that cannot all be true, and why: a fact of the request or the catalog, or two others from which it follows. */
export interface Incompatibility {
  readonly terms: readonly Term[];
  readonly because: Fact | readonly [Incompatibility, Incompatibility];
}

export type Fact =
  /** The request names the module. */
  | { readonly kind: 'asked'; readonly module: string; readonly range: string | undefined; readonly versions: readonly string[] }
  | { readonly kind: 'needs'; readonly module: string; readonly versions: readonly string[]; readonly dependency: Dependency }
  /** An installed module that the request does not name needs this, and is not changed to make room. */
  | { readonly kind: 'in-the-way'; readonly module: string; readonly versions: readonly string[]; readonly dependency: Dependency }
  | {
      readonly kind: 'unavailable';
      readonly module: string;
      readonly versions: readonly string[];
      readonly reason: Unavailability;
      readonly sunsetAt: Date | undefined;
    }
  /** What is installed is neither removed nor lowered unless that is asked. */
  | { readonly kind: 'kept'; readonly module: string; readonly versions: readonly string[] }
  /** Each of these needs the next, and the last the first. */
  | { readonly kind: 'cycle'; readonly module: string; readonly circle: readonly string[] }
  | Preference;

/** A rule that is given up when there is no plan with it: what is installed stays as it is; nothing deprecated is brought in. */
export interface Preference {
  readonly kind: 'unchanged' | 'not-deprecated';
  readonly module: string;
}

export const isPreference = (fact: Fact): fact is Preference => fact.kind === 'unchanged' || fact.kind === 'not-deprecated';

/**
 * What follows from two incompatibilities about one module: one of them rules out some of its values, the other some more, so where
 * the rest of both is true neither set is left. Where together they rule out all, the module itself no longer matters.
 */
export const resolvent = (one: Incompatibility, other: Incompatibility, pivot: Term): Incompatibility => {
  const merged = new Map<string, Values>();
  for (const { module, values } of [...one.terms, ...other.terms]) {
    const known = merged.get(module);
    if (known === undefined) merged.set(module, values);
    else merged.set(module, module === pivot.module ? known | values : known & values);
  }
  if (isWithin(pivot.values, merged.get(pivot.module) ?? 0n)) merged.delete(pivot.module);
  return { terms: [...merged].map(([module, values]) => ({ module, values })), because: [one, other] };
};

/** The facts that an incompatibility follows from, each as the incompatibility that states it. */
export const groundsOf = (proof: Incompatibility): readonly Grounds[] => {
  const seen = new Set<Incompatibility>();
  const grounds: Grounds[] = [];
  const open = [proof];
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if ('kind' in next.because) grounds.push({ terms: next.terms, because: next.because });
    else open.push(...next.because);
  }
  return grounds;
};

/** An incompatibility that states a fact. */
export interface Grounds extends Incompatibility {
  readonly because: Fact;
}
