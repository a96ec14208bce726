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
  /**
   * What may become of a module that stands and is not named. `needed`: it is raised when something needs it otherwise than it is, but
   * when its own needs are in the way it stays there. `raised`, `lowered`: it makes room as well.
   */
  readonly others: 'needed' | 'raised' | 'lowered';
}

export type GivenUp = (preference: Preference) => boolean;

/** The rules for what may stand after the request, without the preferences that were given up. */
export const makeRules = (survey: Survey, aims: Aims, givenUp: GivenUp): Problem => {
  const { choicesOf } = survey;
  const named = new Set(aims.aims.map(({ module }) => module));
  /** Stands, is not named, and is to stay as it is. */
  const isFixed = (choices: Choices): boolean =>
    choices.standing !== undefined && !named.has(choices.module) && !givenUp({ kind: 'unchanged', module: choices.module });
  const needs = makeNeeds(survey);
  /** What lies between two modules that both stay as they are is not this request's business. */
  const needsOf = (choices: Choices, candidate: Candidate): readonly Grounds[] => {
    if (!isFixed(choices)) return candidate.dependencies.flatMap((dependency) => needs(choices, candidate, dependency));
    if (aims.others === 'needed') return [];
    const movable = candidate.dependencies.filter(({ module }) => !isFixed(choicesOf(module)));
    return movable.flatMap((dependency) => needs(choices, candidate, dependency));
  };
  const needsOfDependents = (choices: Choices): readonly Incompatibility[] => {
    const dependents = survey.standingDependentsOf(choices.module).filter((module) => !named.has(module));
    if (aims.others === 'needed') return dependents.flatMap((module) => inTheWay(choicesOf(module), choices));
    return dependents.map(choicesOf).flatMap((dependent) => {
      const possible = isFixed(dependent) ? candidatesAmong(dependent, dependent.before) : installable(dependent);
      return possible.flatMap((candidate) => needsOf(dependent, candidate)).filter((need) => mentions(need, choices.module));
    });
  };

  return {
    modules: aims.aims.map(({ module }) => module),
    valuesOf: (module) => choicesOf(module).all,
    about: (module) => {
      const choices = choicesOf(module);
      const own = [...asked(aims, choices), ...unavailable(choices), ...(named.has(module) ? [] : kept(choices, aims.others))];
      const preferences = [...unchanged(choices, isFixed(choices)), ...notDeprecated(choices, givenUp)];
      return isFixed(choices) ? [...own, ...preferences] : [...own, ...preferences, ...needsOfDependents(choices)];
    },
    needsOf: (module, versions) => {
      const choices = choicesOf(module);
      return candidatesAmong({ candidates: installable(choices) }, versions).flatMap((candidate) => needsOf(choices, candidate));
    },
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

const kept = ({ module, standing, candidates }: Choices, others: Aims['others']): readonly Grounds[] => {
  if (standing === undefined) return [];
  const place = candidates.indexOf(standing);
  const excluded = others === 'lowered' ? candidates.slice(0, place) : candidates.slice(place + 1);
  return fact(module, valuesOf(excluded) | absence, { kind: 'kept', module, versions: [standing.version] });
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

type Needs = (subject: Choices, candidate: Candidate, dependency: Dependency) => readonly Grounds[];

/** One need of a version as a rule. All versions with the same need share it, which saves searching and makes proofs short. */
const makeNeeds = ({ choicesOf }: Survey): Needs => {
  const made = new Map<string, readonly Grounds[]>();
  return (subject, candidate, dependency) => {
    const { module, range, optional } = dependency;
    if (module === subject.module) return [];
    const target = choicesOf(module);
    const tolerant = toleratesWhatWas(subject, candidate, { dependency, target });
    const key = `${subject.module} ${module} ${range} ${optional} ${tolerant}`;
    const known = made.get(key);
    if (known) return known;
    const alike = installable(subject).filter((other) =>
      other.dependencies.some(
        (one) =>
          one.module === module &&
          one.range === range &&
          one.optional === optional &&
          toleratesWhatWas(subject, other, { dependency, target }) === tolerant,
      ),
    );
    const allowed = allowedBy(dependency, target) | (tolerant ? target.before : 0n);
    const rule = ruleOf({ subject, versions: alike, dependency }, { target, allowed });
    made.set(key, rule);
    return rule;
  };
};

/** What was wrong before, between what stands, may stay so. */
const toleratesWhatWas = (
  { before }: Choices,
  { value }: Candidate,
  { dependency, target }: { readonly dependency: Dependency; readonly target: Choices },
): boolean => value === before && (allowedBy(dependency, target) & target.before) === 0n;

interface Need {
  readonly subject: Choices;
  readonly versions: readonly Candidate[];
  readonly dependency: Dependency;
}

const ruleOf = ({ subject, versions, dependency }: Need, { target, allowed }: { readonly target: Choices; readonly allowed: Values }) => {
  const forbidden = target.all & ~allowed;
  if (forbidden === 0n) return [];
  const { module } = subject;
  const term = { module, values: valuesOf(versions) };
  const terms = forbidden === target.all ? [term] : [term, { module: target.module, values: forbidden }];
  const because: Fact = { kind: 'needs', module, versions: versions.map(({ version }) => version), dependency };
  return [{ terms, because }];
};

/** The needs of a module that stands and is not named, as rules for the module that it depends on alone. */
const inTheWay = ({ module, standing }: Choices, target: Choices): readonly Grounds[] =>
  (standing?.dependencies ?? [])
    .filter((dependency) => dependency.module === target.module && module !== target.module)
    .flatMap((dependency) => {
      const broken = target.all & ~allowedBy(dependency, target) & ~target.before;
      return fact(target.module, broken, { kind: 'in-the-way', module, versions: [standing?.version ?? ''], dependency });
    });
