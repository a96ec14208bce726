import type { Aims } from './aims.ts';
import { cycleAmong } from './cycle.ts';
import { asked, inTheWay, kept, notDeprecated, unavailable, unchanged } from './facts.ts';
import type { Grounds, Preference } from './incompatibility.ts';
import { makeNeeds } from './needs.ts';
import type { Problem } from './solver.ts';
import { type Candidate, type Choices, candidatesAmong, type Survey } from './survey.ts';
import { absence, meets, type Values } from './values.ts';
import type { Dependency } from './vocabulary.ts';

/** The rules for what may stand after a request, without the preferences that are given up. */
export type Rules = (aims: Aims, givenUp: (preference: Preference) => boolean) => Problem;

export const makeRules = (survey: Survey): Rules => {
  const { choicesOf, standingDependentsOf } = survey;
  const needs = makeNeeds(survey);
  return ({ aims, others }, givenUp) => {
    const named = new Set(aims.map(({ module }) => module));
    /** Stands, is not named, and is to stay as it is. */
    const isFixed = ({ module, standing }: Choices): boolean =>
      standing !== undefined && !named.has(module) && !givenUp({ kind: 'unchanged', module });

    /** What lies between two modules that both stay as they are is not this request's business. */
    const needsOf = (choices: Choices, candidates: readonly Candidate[], concerns: (need: Dependency) => boolean): readonly Grounds[] => {
      const isBusiness = (need: Dependency): boolean => concerns(need) && !(isFixed(choices) && isFixed(choicesOf(need.module)));
      return candidates.flatMap((candidate) =>
        candidate.dependencies.filter(isBusiness).flatMap((dependency) => needs(choices, candidate, dependency)),
      );
    };

    /** What the modules that stand on this one need of it, once it may change. */
    const needsOfDependents = (target: Choices): readonly Grounds[] => {
      if (isFixed(target)) return [];
      const dependents = standingDependentsOf(target.module)
        .filter((module) => !named.has(module))
        .map(choicesOf);
      if (others === 'needed') return dependents.flatMap((dependent) => inTheWay(dependent, target));
      return dependents.flatMap((dependent) => {
        const possible = isFixed(dependent) ? standingOf(dependent) : dependent.installable;
        return needsOf(dependent, possible, ({ module }) => module === target.module);
      });
    };

    return {
      modules: [...named],
      valuesOf: (module) => choicesOf(module).all,
      about: (module) => {
        const choices = choicesOf(module);
        return [
          ...asked(aims, choices),
          ...unavailable(choices),
          ...(named.has(module) ? [] : kept(choices, others)),
          ...(isFixed(choices) ? unchanged(choices) : []),
          ...(givenUp({ kind: 'not-deprecated', module }) ? [] : notDeprecated(choices)),
          ...needsOfDependents(choices),
        ];
      },
      needsOf: (module, versions) => {
        const choices = choicesOf(module);
        if (others === 'needed' && isFixed(choices)) return [];
        return needsOf(
          choices,
          choices.installable.filter(({ value }) => meets(value, versions)),
          () => true,
        );
      },
      best: (module, among) => bestOf(choicesOf(module), among),
      flawOf: (result) => cycleAmong(survey, result),
    };
  };
};

const standingOf = ({ standing }: Choices): readonly Candidate[] => (standing ? [standing] : []);

/** What stands comes first, then what is published, then what is deprecated; of each the newest. */
const bestOf = (choices: Choices, among: Values): Values => {
  const candidates = candidatesAmong(choices, among);
  const best =
    candidates.find(({ value }) => value === choices.before) ?? candidates.find(({ status }) => status === 'published') ?? candidates[0];
  return best?.value ?? absence;
};
