import { Defect } from '../../../shared/domain/errors.ts';
import { explain } from './explanation.ts';
import { solveWithFewestChanges } from './fewest-changes.ts';
import { planOf } from './planned-steps.ts';
import { refuse } from './refusal.ts';
import { makeSurvey, type Survey } from './survey.ts';
import { planUninstall } from './uninstall.ts';
import type { ChangeRequest, Explanation, Plan, Universe, Wish } from './vocabulary.ts';
import { aimsOf } from './wishes.ts';
import { listed } from './words.ts';

export type * from './vocabulary.ts';

/** Rules looked at before the search gives up: some 50 ms. A plan of thirty modules takes a few hundred. */
const looksMax = 200_000;

/** The plan for a request, or why there is none. Pure and deterministic; docs/resolution.md says what it promises. */
export const resolve = (universe: Universe, request: ChangeRequest): Plan | Explanation => {
  const survey = makeSurvey(universe);
  if (request.kind === 'uninstall') return planUninstall(survey, request);
  const answer = planChange(survey, request);
  return 'reason' in answer && answer.reason === 'dependents-in-the-way' ? withOffer(survey, request, answer) : answer;
};

const planChange = (survey: Survey, request: ChangeRequest): Plan | Explanation => {
  const aims = aimsOf(survey, request);
  if ('reason' in aims) return aims;
  const outcome = solveWithFewestChanges(survey, aims, { left: looksMax });
  if (outcome.kind === 'solved') return planOf(survey, aims, outcome.result);
  if (outcome.kind === 'too-complex') return tooComplex(request);
  return explain(survey, { aims, grounds: outcome.grounds }, { left: looksMax / 2 });
};

/** The refusal with what would work if it was asked for together, where something would. */
const withOffer = (survey: Survey, request: ChangeRequest, refused: Explanation): Explanation => {
  const offer = togetherWith(survey, request, refused);
  if (offer === undefined) return { ...refused, message: `${refused.message}; nothing that could be asked for together with it would fit` };
  const together = offer.map(({ module, from, to }) => ({ module, from, to }));
  const message = `${refused.message}; ask for ${listed(
    offer.map(({ module, to }) => `${module} ${to}`),
    offer.length,
  )} together`;
  return { ...refused, message, facts: { ...refused.facts, together } };
};

/** Names what is in the way as well, until nothing is or nothing helps; each round names one module more, so there is an end. */
const togetherWith = (survey: Survey, request: ChangeRequest, refused: Explanation): Plan['steps'] | undefined => {
  let modules = request.modules;
  let answer: Plan | Explanation = refused;
  while ('reason' in answer && answer.reason === 'dependents-in-the-way') {
    const inTheWay = answer.facts.chain.filter(({ fact }) => fact === 'in-the-way').map(({ module }) => module);
    modules = [...modules, ...[...new Set(inTheWay)].map((module) => anyOther(survey, request, module))];
    answer = planChange(survey, { ...request, modules });
  }
  return 'steps' in answer ? answer.steps.filter((step) => modules.some(({ module }) => module === step.module)) : undefined;
};

const anyOther = (survey: Survey, { kind }: ChangeRequest, module: string): Wish => {
  const { standing } = survey.choicesOf(module);
  return kind === 'downgrade' ? { module, range: `<${standing?.version}` } : { module };
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
