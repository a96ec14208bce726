import type { Fact, Grounds } from './incompatibility.ts';
import { type Candidate, type Choices, type Survey, valuesOf } from './survey.ts';
import { absence, type Values } from './values.ts';
import type { Dependency } from './vocabulary.ts';

/** What a dependency leaves its module to be. An optional one leaves it absent. */
export const allowedBy = ({ range, optional }: Dependency, target: Choices): Values => target.within(range) | (optional ? absence : 0n);

export type Needs = (subject: Choices, candidate: Candidate, dependency: Dependency) => readonly Grounds[];

/** One need of a version as a rule. All versions with the same need share it, which saves searching and makes proofs short. */
export const makeNeeds = ({ choicesOf }: Survey): Needs => {
  const made = new Map<string, readonly Grounds[]>();
  return (subject, candidate, dependency) => {
    const { module, range, optional } = dependency;
    if (module === subject.module) return [];
    const target = choicesOf(module);
    const tolerant = toleratesWhatWas(subject, candidate, { dependency, target });
    const key = `${subject.module} ${module} ${range} ${optional} ${tolerant}`;
    const known = made.get(key);
    if (known) return known;
    const alike = subject.installable.filter((other) =>
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
