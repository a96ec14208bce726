import { cycleAmong } from './cycle.ts';
import { type Fact, type Grounds, type Incompatibility, mentions, type Preference } from './incompatibility.ts';
import type { Problem } from './solver.ts';
import { type Candidate, type Choices, candidatesAmong, type Survey, valuesOf } from './survey.ts';
import { absence, type Values } from './values.ts';
import type { Dependency } from './vocabulary.ts';

/** A module that the request names, with the versions that would do. */
export interface Aim {
  readonly module: string;
  readonly range: string | undefined;
  readonly values: Values;
}

/** A request as the rules see it. */
export interface Aims {
  readonly aims: readonly Aim[];
  /** Whether a module that stands and is not named may be changed only when it is needed, not when its own needs are in the way. */
  readonly dependentsMustBeNamed: boolean;
}

export type GivenUp = (preference: Preference) => boolean;

/** The rules for what may stand after the request, without the preferences that were given up. */
export const makeRules = (survey: Survey, aims: Aims, givenUp: GivenUp): Problem => {
  const { choicesOf } = survey;
  const named = new Set(aims.aims.map(({ module }) => module));
  /** Stands, is not named, and is to stay as it is. */
  const isFixed = (choices: Choices): boolean =>
    choices.standing !== undefined && !named.has(choices.module) && !givenUp({ kind: 'unchanged', module: choices.module });
  const needs = new Map<string, readonly Incompatibility[]>();
  const needsOf = (module: string): readonly Incompatibility[] => {
    const known = needs.get(module);
    if (known) return known;
    const choices = choicesOf(module);
    const fresh = isFixed(choices) ? needsOfFixed(choices) : needsOfCandidates(survey, choices, installable(choices));
    needs.set(module, fresh);
    return fresh;
  };
  /** What lies between two modules that both stay as they are is not this request's business. */
  const needsOfFixed = (choices: Choices): readonly Incompatibility[] =>
    aims.dependentsMustBeNamed
      ? []
      : needsOfCandidates(survey, choices, candidatesAmong(choices, choices.before), ({ module }) => !isFixed(choicesOf(module)));
  const needsOfDependents = (choices: Choices): readonly Incompatibility[] => {
    const dependents = survey.standingDependentsOf(choices.module).filter((module) => !named.has(module));
    return aims.dependentsMustBeNamed
      ? dependents.flatMap((module) => inTheWay(choicesOf(module), choices))
      : dependents.flatMap((module) => needsOf(module).filter((need) => mentions(need, choices.module)));
  };

  return {
    modules: aims.aims.map(({ module }) => module),
    valuesOf: (module) => choicesOf(module).all,
    about: (module) => {
      const choices = choicesOf(module);
      const own = [...asked(aims, choices), ...unavailable(choices), ...(named.has(module) ? [] : kept(choices))];
      const preferences = [...unchanged(choices, isFixed(choices)), ...notDeprecated(choices, givenUp)];
      return isFixed(choices) ? [...own, ...preferences] : [...own, ...preferences, ...needsOfDependents(choices)];
    },
    needsOf,
    best: (module, among) => bestOf(choicesOf(module), among),
    flawOf: (result) => cycleAmong(survey, result),
  };
};

/** What stands comes first, then what is published, then what is deprecated; of each the newest. */
const bestOf = (choices: Choices, among: Values): Values => {
  const candidates = candidatesAmong(choices, among);
  const best =
    candidates.find(({ value }) => value === choices.before) ?? candidates.find(({ status }) => status === 'published') ?? candidates[0];
  return best?.value ?? absence;
};

const fact = (module: string, values: Values, because: Fact): readonly Grounds[] =>
  values === 0n ? [] : [{ terms: [{ module, values }], because }];

const asked = ({ aims }: Aims, choices: Choices): readonly Grounds[] =>
  aims
    .filter(({ module }) => module === choices.module)
    .flatMap(({ module, range, values }) =>
      fact(module, choices.all & ~values, { kind: 'asked', module, range, versions: versionsAmong(choices, values) }),
    );

const kept = (choices: Choices): readonly Grounds[] => {
  const { module, standing, candidates } = choices;
  if (standing === undefined) return [];
  const older = candidates.slice(candidates.indexOf(standing) + 1);
  return fact(module, valuesOf(older) | absence, { kind: 'kept', module, versions: [standing.version] });
};

const unavailable = (choices: Choices): readonly Grounds[] => {
  const { module, candidates, before } = choices;
  const closed = candidates.filter(({ value, unavailable }) => unavailable !== undefined && value !== before);
  const reasons = [...new Set(closed.map(({ unavailable }) => unavailable))].flatMap((reason) => reason ?? []);
  return reasons.flatMap((reason) => {
    const those = closed.filter((candidate) => candidate.unavailable === reason);
    const versions = those.map(({ version }) => version);
    return fact(module, valuesOf(those), { kind: 'unavailable', module, versions, reason, sunsetAt: those[0]?.sunsetAt });
  });
};

const unchanged = ({ module, all, before }: Choices, isFixed: boolean): readonly Grounds[] =>
  isFixed ? fact(module, all & ~before, { kind: 'unchanged', module }) : [];

const notDeprecated = (choices: Choices, givenUp: GivenUp): readonly Grounds[] => {
  const preference: Preference = { kind: 'not-deprecated', module: choices.module };
  const deprecated = installable(choices).filter(({ status, value }) => status === 'deprecated' && value !== choices.before);
  return deprecated.length === 0 || givenUp(preference) ? [] : fact(choices.module, valuesOf(deprecated), preference);
};

const installable = ({ candidates, before }: Choices): readonly Candidate[] =>
  candidates.filter(({ unavailable, value }) => unavailable === undefined || value === before);

const versionsAmong = (choices: Choices, values: Values): readonly string[] =>
  candidatesAmong(choices, values).map(({ version }) => version);

/** What a dependency leaves its module to be. An optional one leaves it absent. */
const allowedBy = ({ range, optional }: Dependency, target: Choices): Values => target.within(range) | (optional ? absence : 0n);

/** The needs of some versions of a module; versions with the same need share one rule, which makes proofs short. */
const needsOfCandidates = (
  { choicesOf }: Survey,
  choices: Choices,
  candidates: readonly Candidate[],
  concerns: (dependency: Dependency) => boolean = () => true,
): readonly Grounds[] => {
  const groups = new Map<string, Need>();
  for (const candidate of candidates)
    for (const dependency of candidate.dependencies) {
      if (dependency.module === choices.module || !concerns(dependency)) continue;
      const need = needOf(candidate, dependency, { subject: choices, target: choicesOf(dependency.module) });
      const key = `${dependency.module} ${dependency.range} ${dependency.optional} ${need.tolerates}`;
      const group = groups.get(key);
      if (group) group.those.push(candidate);
      else groups.set(key, need);
    }
  return [...groups.values()].flatMap((need) => ruleOf(choices, need));
};

interface Need {
  readonly dependency: Dependency;
  readonly target: Choices;
  readonly allowed: Values;
  readonly tolerates: boolean;
  readonly those: Candidate[];
}

/** What was wrong before, between what stands, may stay so. */
const needOf = (candidate: Candidate, dependency: Dependency, { subject, target }: Record<'subject' | 'target', Choices>): Need => {
  const allowed = allowedBy(dependency, target);
  const tolerates = candidate.value === subject.before && (allowed & target.before) === 0n;
  return { dependency, target, allowed: tolerates ? allowed | target.before : allowed, tolerates, those: [candidate] };
};

const ruleOf = ({ module }: Choices, { dependency, target, allowed, those }: Need): readonly Grounds[] => {
  const forbidden = target.all & ~allowed;
  if (forbidden === 0n) return [];
  const subject = { module, values: valuesOf(those) };
  const terms = forbidden === target.all ? [subject] : [subject, { module: target.module, values: forbidden }];
  return [{ terms, because: { kind: 'needs', module, versions: those.map(({ version }) => version), dependency } }];
};

/** The needs of a module that stands and is not named, as rules for the module that it depends on alone. */
const inTheWay = ({ module, standing }: Choices, target: Choices): readonly Grounds[] =>
  (standing?.dependencies ?? [])
    .filter((dependency) => dependency.module === target.module && module !== target.module)
    .flatMap((dependency) => {
      const broken = target.all & ~allowedBy(dependency, target) & ~target.before;
      return fact(target.module, broken, { kind: 'in-the-way', module, versions: [standing?.version ?? ''], dependency });
    });
