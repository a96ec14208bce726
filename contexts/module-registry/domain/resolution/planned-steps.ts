import type { Aims } from './aims.ts';
import { inDependencyOrder } from './order.ts';
import type { Result } from './solver.ts';
import { type Candidate, candidatesAmong, type Survey } from './survey.ts';
import { versionIn } from './values.ts';
import type { Plan, Warning } from './vocabulary.ts';
import { type Change, whysOf } from './whys.ts';

/** The changes that lead from what stands to the result, each with its why. */
export const planOf = (survey: Survey, aims: Aims, result: Result): Plan => {
  const changes = inDependencyOrder(changesOf(survey, result));
  const whys = whysOf(aims, changes);
  const steps = changes.map(({ module, choices, to }) => ({
    module,
    from: choices.standing?.version ?? null,
    to: to.version,
    why: whys.get(module) ?? 'otherwise modules would need each other in a circle',
  }));
  return { steps, warnings: changes.flatMap(({ module, to }) => warningOf(module, to)) };
};

const changesOf = (survey: Survey, { modules, valuesOf }: Result): readonly Change[] =>
  modules.flatMap((module) => {
    const choices = survey.choicesOf(module);
    const [to] = candidatesAmong(choices, versionIn(valuesOf(module) ?? choices.before));
    return to === undefined || to.value === choices.before ? [] : [{ module, choices, to, dependencies: to.dependencies }];
  });

const warningOf = (module: string, { version, status, sunsetAt }: Candidate): readonly Warning[] => {
  if (status !== 'deprecated') return [];
  const until = sunsetAt ? `; from ${sunsetAt.toISOString()} on it cannot be installed any more` : '';
  const message = `${module} ${version} is deprecated${until}`;
  return [{ module, version, reason: 'deprecated', ...(sunsetAt ? { sunsetAt } : {}), message }];
};
