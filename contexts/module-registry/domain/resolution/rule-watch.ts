import type { Incompatibility } from './incompatibility.ts';
import type { Variable } from './trail.ts';
import { meets, type Values } from './values.ts';

/** A term of a rule, bound to its module's variable. */
interface Literal {
  readonly variable: Watched;
  readonly values: Values;
  /** All other values of the module: while one of them is left, the term is not true. */
  readonly others: Values;
}

export interface Watched extends Variable {
  /** The rules to be looked at once none of these values is left. */
  readonly watchers: Map<Rule, Values>;
  /** The versions whose needs are known. */
  expanded: Values;
}

/**
 * A rule says something only when all of its terms but one are true. So it watches two that are not, and is not looked at before one of
 * these becomes true. Going back makes terms less true, never more, and needs no care.
 */
export interface Rule {
  readonly incompatibility: Incompatibility;
  readonly literals: readonly Literal[];
  readonly watched: Watched[];
  /** The level at which it was last looked at as new. */
  level: number;
}

export const makeRule = (incompatibility: Incompatibility, level: number, variableOf: (module: string) => Watched): Rule => ({
  incompatibility,
  level,
  watched: [],
  literals: incompatibility.terms.map(({ module, values }) => {
    const variable = variableOf(module);
    return { variable, values, others: variable.all & ~values };
  }),
});

/** Nothing to say; that all terms are true, which cannot be; or that all are but one, which therefore must not become true. */
export type Verdict = undefined | 'clash' | { readonly variable: Watched; readonly after: Values };

export const lookAt = (rule: Rule): Verdict => {
  let first: Literal | undefined;
  for (const literal of rule.literals) {
    if (!meets(literal.variable.values, literal.others)) continue;
    if (first) {
      watch(rule, first, literal);
      return undefined;
    }
    first = literal;
  }
  if (first === undefined) return 'clash';
  const { variable, values, others } = first;
  return meets(variable.values, values) ? { variable, after: variable.values & others } : undefined;
};

const watch = (rule: Rule, one: Literal, other: Literal): void => {
  for (const variable of rule.watched) if (variable !== one.variable && variable !== other.variable) variable.watchers.delete(rule);
  one.variable.watchers.set(rule, one.others);
  other.variable.watchers.set(rule, other.others);
  rule.watched.splice(0, 2, one.variable, other.variable);
};
