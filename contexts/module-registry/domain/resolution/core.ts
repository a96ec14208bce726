import type { Grounds } from './incompatibility.ts';
import { type Effort, type Outcome, type Problem, solve } from './solver.ts';
import type { Survey } from './survey.ts';

/** Whether these facts alone, whatever else the catalog says, leave no plan. */
export const solveGrounds = (survey: Survey, grounds: readonly Grounds[], effort: Effort): Outcome =>
  solve(factsAlone(survey, grounds), effort);

/**
 * The grounds without those that the impossibility does not need: each that is dispensable is left out on trial, in that order. With
 * effort enough, none of them can be left out afterwards.
 */
export const sift = (
  survey: Survey,
  { grounds, dispensable }: { readonly grounds: readonly Grounds[]; readonly dispensable: readonly Grounds[] },
  effort: Effort,
): readonly Grounds[] => {
  let needed = grounds;
  for (const candidate of dispensable) {
    if (effort.left < needed.length) break;
    const rest = needed.filter((known) => known !== candidate);
    if (solveGrounds(survey, rest, effort).kind === 'impossible') needed = rest;
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
