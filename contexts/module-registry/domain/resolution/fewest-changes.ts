import type { Aims } from './aims.ts';
import { sift } from './core.ts';
import { type Grounds, isPreference, type Preference } from './incompatibility.ts';
import type { Rules } from './rules.ts';
import { consequencesOf, type Effort, type Outcome, solve } from './solver.ts';
import type { Survey } from './survey.ts';
import { meets } from './values.ts';

/** After so many rounds a plan that changes more than it must is better than none. */
const roundsMax = 100;

export interface Ground {
  readonly survey: Survey;
  readonly rules: Rules;
}

/**
 * A plan that gives up as little as possible: first of what stands unchanged, then of what is not deprecated. It begins with
 * all preferences. As long as there is no plan, the proof says which of them cannot all be kept; the cheapest choice that
 * takes one out of every such set is given up, and the search begins again. The first plan that is found gives up the least there is.
 */
export const solveWithFewestChanges = ({ survey, rules }: Ground, aims: Aims, effort: Effort): Outcome => {
  const quarrels: Quarrel[] = [];
  for (let round = 0; round < roundsMax; round += 1) {
    const givenUp = new Set(cheapestWayOut(quarrels));
    const outcome = solve(
      rules(aims, (preference) => givenUp.has(nameOf(preference))),
      effort,
    );
    if (outcome.kind !== 'impossible') return outcome;
    const quarrel = quarrelOf(survey, outcome.grounds, effort);
    if (quarrel.size === 0) return outcome;
    quarrels.push(quarrel, ...(round === 0 ? forcedChanges({ survey, rules }, aims, effort) : []));
  }
  return solve(
    rules(aims, () => true),
    effort,
  );
};

/** What cannot stay as it is whatever is chosen. Found at once, since one change at the bottom moves all that stands on it. */
const forcedChanges = ({ survey, rules }: Ground, aims: Aims, effort: Effort): readonly Quarrel[] => {
  const { modules, valuesOf } = consequencesOf(
    rules(aims, () => true),
    effort,
  );
  const named = new Set(aims.aims.map(({ module }) => module));
  return modules.flatMap((module) => {
    const { standing, before } = survey.choicesOf(module);
    const isForced = standing && !named.has(module) && !meets(valuesOf(module) ?? before, before);
    return isForced ? [new Map([[nameOf({ kind: 'unchanged', module }), prices.unchanged]])] : [];
  });
};

/** Preferences that cannot all be kept, with the price of each. */
type Quarrel = ReadonlyMap<string, number>;

const nameOf = ({ kind, module }: Preference): string => `${kind} ${module}`;

/** No number of deprecated versions is as bad as one more change to what stands. */
const prices: Readonly<Record<Preference['kind'], number>> = { unchanged: 1_000_000, 'not-deprecated': 1 };

const quarrelOf = (survey: Survey, grounds: readonly Grounds[], effort: Effort): Quarrel => {
  const preferences = (those: readonly Grounds[]): readonly Grounds[] => those.filter(({ because }) => isPreference(because));
  const many = preferences(grounds);
  const few = many.length > 1 ? preferences(sift(survey, { grounds, dispensable: many }, effort)) : many;
  return new Map(few.flatMap(({ because }) => (isPreference(because) ? [[nameOf(because), prices[because.kind]]] : [])));
};

/** So many sets are compared at most; the best of them is taken. */
const comparedMax = 20_000;

/** The cheapest set with a member of every quarrel; of several the first that is found. */
const cheapestWayOut = (quarrels: readonly Quarrel[]): readonly string[] => {
  let best: { readonly members: readonly string[]; readonly price: number } = { members: [], price: Number.POSITIVE_INFINITY };
  let compared = 0;
  const extend = (members: readonly string[], price: number): void => {
    compared += 1;
    if (price >= best.price || (compared > comparedMax && best.price < Number.POSITIVE_INFINITY)) return;
    const open = quarrels.find((quarrel) => !members.some((member) => quarrel.has(member)));
    if (open === undefined) best = { members, price };
    else for (const [member, more] of open) extend([...members, member], price + more);
  };
  const forced = new Map(quarrels.filter(({ size }) => size === 1).flatMap((quarrel) => [...quarrel]));
  extend(
    [...forced.keys()],
    [...forced.values()].reduce((sum, price) => sum + price, 0),
  );
  return best.members;
};
