import type { Aims } from './aims.ts';
import type { Fact, Grounds } from './incompatibility.ts';
import { allowedBy } from './needs.ts';
import { type Choices, candidatesAmong, valuesOf } from './survey.ts';
import { absence, type Values } from './values.ts';

/** The facts about one module alone, each as the values that it rules out. */
const ruleOut = (module: string, values: Values, because: Fact): readonly Grounds[] =>
  values === 0n ? [] : [{ terms: [{ module, values }], because }];

export const asked = (aims: Aims['aims'], choices: Choices): readonly Grounds[] =>
  aims
    .filter(({ module }) => module === choices.module)
    .flatMap(({ module, range, values }) =>
      ruleOut(module, choices.all & ~values, {
        kind: 'asked',
        module,
        range,
        versions: candidatesAmong(choices, values).map(({ version }) => version),
      }),
    );

export const kept = ({ module, standing, candidates }: Choices, others: Aims['others']): readonly Grounds[] => {
  if (standing === undefined) return [];
  const place = candidates.indexOf(standing);
  const excluded = others === 'lowered' ? candidates.slice(0, place) : candidates.slice(place + 1);
  return ruleOut(module, valuesOf(excluded) | absence, { kind: 'kept', module, versions: [standing.version] });
};

export const unavailable = (choices: Choices): readonly Grounds[] => {
  const { module, candidates, before } = choices;
  const closed = candidates.filter(({ value, unavailable }) => unavailable !== undefined && value !== before);
  const reasons = [...new Set(closed.map(({ unavailable }) => unavailable))].flatMap((reason) => reason ?? []);
  return reasons.flatMap((reason) => {
    const those = closed.filter((candidate) => candidate.unavailable === reason);
    const versions = those.map(({ version }) => version);
    return ruleOut(module, valuesOf(those), { kind: 'unavailable', module, versions, reason, sunsetAt: those[0]?.sunsetAt });
  });
};

/** A preference: what stands stays as it is. */
export const unchanged = ({ module, all, before }: Choices): readonly Grounds[] =>
  ruleOut(module, all & ~before, { kind: 'unchanged', module });

/** A preference: nothing deprecated is brought in. */
export const notDeprecated = ({ module, installable, before }: Choices): readonly Grounds[] => {
  const deprecated = installable.filter(({ status, value }) => status === 'deprecated' && value !== before);
  return ruleOut(module, valuesOf(deprecated), { kind: 'not-deprecated', module });
};

/** The needs of a module that stands and is not named, as rules for the module that it depends on alone. */
export const inTheWay = ({ module, standing }: Choices, target: Choices): readonly Grounds[] =>
  (standing?.dependencies ?? [])
    .filter((dependency) => dependency.module === target.module && module !== target.module)
    .flatMap((dependency) => {
      const broken = target.all & ~allowedBy(dependency, target) & ~target.before;
      return ruleOut(target.module, broken, { kind: 'in-the-way', module, versions: [standing?.version ?? ''], dependency });
    });
