import type { Grounds } from './incompatibility.ts';
import { type Outcome, type Problem, solve } from './solver.ts';
import type { Survey } from './survey.ts';

/** More grounds than this are nobody's explanation; they are not worth the time to sift. */
const siftedMax = 80;

/** Whether these facts alone, whatever else the catalog says, leave no plan. */
export const solveGrounds = (survey: Survey, grounds: readonly Grounds[]): Outcome => solve(factsAlone(survey, grounds));

/**
 * The grounds without those that the impossibility does not need: each one is left out on trial, `dispensable` says which and in which
 * order. Afterwards none of them can be left out.
 */
export const sift = (survey: Survey, grounds: readonly Grounds[], dispensable: readonly Grounds[]): readonly Grounds[] => {
  if (dispensable.length > siftedMax) return grounds;
  let needed = grounds;
  for (const candidate of dispensable) {
    const rest = needed.filter((known) => known !== candidate);
    if (solveGrounds(survey, rest).kind === 'impossible') needed = rest;
  }
  return needed;
};

const factsAlone = (survey: Survey, grounds: readonly Grounds[]): Problem => {
  const concerning = new Map<string, Grounds[]>();
  for (const ground of grounds)
    for (const { module } of ground.terms) {
      const known = concerning.get(module) ?? [];
      if (known.length === 0) concerning.set(module, known);
      known.push(ground);
    }
  return {
    modules: [...concerning.keys()],
    valuesOf: (module) => survey.choicesOf(module).all,
    about: (module) => concerning.get(module) ?? [],
    needsOf: () => [],
    best: (_, among) => among & -among,
    flawOf: () => undefined,
  };
};
