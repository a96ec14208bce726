import { inDependencyOrder, type Ordered } from './order.ts';
import type { Aims } from './rules.ts';
import type { Result } from './solver.ts';
import { type Candidate, type Choices, candidatesAmong, type Survey } from './survey.ts';
import { versionIn } from './values.ts';
import type { Plan, PlanStep, Warning } from './vocabulary.ts';
import { needing } from './words.ts';

interface Change extends Ordered {
  readonly choices: Choices;
  readonly to: Candidate;
}

/** The changes that lead from what stands to the result, each with its why. */
export const planOf = (survey: Survey, aims: Aims, result: Result): Plan => {
  const changes = inDependencyOrder(changesOf(survey, result));
  const steps = changes.map((change): PlanStep => {
    const { module, choices, to } = change;
    return { module, from: choices.standing?.version ?? null, to: to.version, why: why(change, { survey, aims, changes }) };
  });
  return { steps, warnings: changes.flatMap(({ module, to }) => warningOf(module, to)) };
};

const changesOf = (survey: Survey, { modules, valuesOf }: Result): readonly Change[] =>
  modules.flatMap((module) => {
    const choices = survey.choicesOf(module);
    const [to] = candidatesAmong(choices, versionIn(valuesOf(module) ?? choices.before));
    return to === undefined || to.value === choices.before ? [] : [{ module, choices, to, dependencies: to.dependencies }];
  });

interface Surroundings {
  readonly survey: Survey;
  readonly aims: Aims;
  readonly changes: readonly Change[];
}

const why = (change: Change, { survey, aims, changes }: Surroundings): string => {
  const aim = aims.aims.find(({ module }) => module === change.module);
  if (aim) return whyNamed(change, aim.range);
  return whyNeeded(change, changes) ?? whyMoved(change, survey, changes) ?? 'the modules of this plan work together only so';
};

const whyNamed = ({ choices, to }: Change, range: string | undefined): string => {
  if (range !== undefined) return 'requested';
  const newest = choices.candidates.find(({ status }) => status === 'published');
  if (newest === undefined || newest === to) return `requested; the newest ${to.status} version`;
  return `requested; the newest version that fits and changes least of what is installed (${newest.version} is the newest published)`;
};

/** A module of the plan that needs this one otherwise than it is. */
const whyNeeded = ({ module, choices }: Change, changes: readonly Change[]): string | undefined => {
  for (const { module: dependent, to } of changes)
    for (const dependency of to.dependencies)
      if (dependency.module === module && (choices.within(dependency.range) & choices.before) === 0n)
        return needing(`${dependent} ${to.version}`, false, dependency);
  return undefined;
};

/** The need of its own that its installed version would be left with unmet. */
const whyMoved = ({ module, choices }: Change, survey: Survey, changes: readonly Change[]): string | undefined => {
  const { standing } = choices;
  for (const dependency of standing?.dependencies ?? []) {
    const moved = changes.find((change) => change.module === dependency.module);
    if (moved && (survey.choicesOf(moved.module).within(dependency.range) & moved.to.value) === 0n)
      return `${needing(`${module} ${standing?.version}`, false, dependency)}, which becomes ${moved.to.version}`;
  }
  return undefined;
};

const warningOf = (module: string, { version, status, sunsetAt }: Candidate): readonly Warning[] => {
  if (status !== 'deprecated') return [];
  const until = sunsetAt ? `; from ${sunsetAt.toISOString()} on it cannot be installed any more` : '';
  return [
    { module, version, reason: 'deprecated', ...(sunsetAt ? { sunsetAt } : {}), message: `${module} ${version} is deprecated${until}` },
  ];
};
