import { Defect } from '../../../shared/domain/errors.ts';
import type { Aims } from './aims.ts';
import { explain } from './explanation.ts';
import { type Ground, solveWithFewestChanges } from './fewest-changes.ts';
import { planOf } from './planned-steps.ts';
import { refuse } from './refusal.ts';
import { makeRules } from './rules.ts';
import { makeSurvey, type Survey } from './survey.ts';
import { planUninstall } from './uninstall.ts';
import type { ChangeRequest, Explanation, Plan, Universe } from './vocabulary.ts';
import { aimsOf } from './wishes.ts';
import { listed } from './words.ts';

export type * from './vocabulary.ts';

/** Rules looked at before the search gives up: some 50 ms. A plan of forty modules takes a few hundred. */
const looksMax = 200_000;

/** The plan for a request, or why there is none. Pure and deterministic; docs/resolution.md says what it promises. */
export const resolve = (universe: Universe, request: ChangeRequest): Plan | Explanation => {
  const survey = makeSurvey(universe);
  return request.kind === 'uninstall' ? planUninstall(survey, request) : planChange(survey, request);
};

const planChange = (survey: Survey, request: ChangeRequest): Plan | Explanation => {
  const aims = aimsOf(survey, request);
  if ('reason' in aims) return aims;
  const ground = { survey, rules: makeRules(survey) };
  const outcome = solveWithFewestChanges(ground, aims, { left: looksMax });
  if (outcome.kind === 'solved') return planOf(survey, aims, outcome.result);
  if (outcome.kind === 'too-complex') return tooComplex(request);
  const refused = explain(survey, { aims, grounds: outcome.grounds }, { left: looksMax / 2 });
  return refused.reason === 'dependents-in-the-way' ? withOffer(ground, { aims, refused, kind: request.kind }) : refused;
};

interface InTheWay {
  readonly aims: Aims;
  readonly refused: Explanation;
  readonly kind: ChangeRequest['kind'];
}

/** The refusal with what would work if it was asked for together: the plan there would be if what is in the way moved as well. */
const withOffer = (ground: Ground, { aims, refused, kind }: InTheWay): Explanation => {
  const others = kind === 'downgrade' ? 'lowered' : 'raised';
  const outcome = solveWithFewestChanges(ground, { ...aims, others }, { left: looksMax / 10 });
  if (outcome.kind === 'too-complex') return refused;
  if (outcome.kind === 'impossible')
    return { ...refused, message: `${refused.message}; nothing that could be asked for together with it would fit` };
  const together = planOf(ground.survey, aims, outcome.result).steps.flatMap(({ module, from, to }) =>
    from === null ? [] : [{ module, from, to }],
  );
  const names = together.map(({ module, to }) => `${module} ${to}`);
  return { ...refused, message: `${refused.message}; ask for ${listed(names, 10)} together`, facts: { ...refused.facts, together } };
};

const tooComplex = ({ modules }: ChangeRequest): Explanation => {
  const [first] = modules;
  if (first === undefined) throw new Defect('nothing was asked for, and that was too complex');
  const says = `no plan was found in time for ${modules.map(({ module }) => module).join(', ')}`;
  return refuse('too-complex', `${says}; say which versions you want, or ask for fewer modules at a time`, {
    module: first.module,
    chain: [{ fact: 'too-complex', module: first.module, versions: [], says }],
  });
};
