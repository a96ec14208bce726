import type { Aims } from './aims.ts';
import { inDependencyOrder, type Ordered } from './order.ts';
import type { Result } from './solver.ts';
import { type Candidate, type Choices, candidatesAmong, type Survey } from './survey.ts';
import { versionIn } from './values.ts';
import type { Dependency, Plan, PlanStep, Warning } from './vocabulary.ts';
import { needsClause } from './words.ts';

interface Change extends Ordered {
  readonly choices: Choices;
  readonly to: Candidate;
}

/** The changes that lead from what stands to the result, each with its why. */
export const planOf = (survey: Survey, aims: Aims, result: Result): Plan => {
  const changes = inDependencyOrder(changesOf(survey, result));
  const surroundings = { survey, aims, changes: new Map(changes.map((change) => [change.module, change])), needs: needsByModule(changes) };
  const steps = changes.map((change): PlanStep => {
    const { module, choices, to } = change;
    return { module, from: choices.standing?.version ?? null, to: to.version, why: why(change, surroundings) };
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
  readonly changes: ReadonlyMap<string, Change>;
  /** By module, what the plan's other modules need of it. */
  readonly needs: ReadonlyMap<string, readonly Needed[]>;
}
interface Needed {
  readonly by: Change;
  readonly dependency: Dependency;
}

const needsByModule = (changes: readonly Change[]): ReadonlyMap<string, readonly Needed[]> =>
  Map.groupBy(
    changes.flatMap((by) => by.dependencies.map((dependency) => ({ by, dependency }))),
    ({ dependency }) => dependency.module,
  );

const why = (change: Change, { survey, aims, changes, needs }: Surroundings): string => {
  const aim = aims.aims.find(({ module }) => module === change.module);
  if (aim) return whyNamed(change, aim.range);
  const needed = whyNeeded(change, needs.get(change.module) ?? []);
  return needed ?? whyMoved(change, survey, changes) ?? 'the modules of this plan work together only so';
};

const whyNamed = ({ choices, to }: Change, range: string | undefined): string => {
  if (range !== undefined) return 'requested';
  const newest = choices.candidates.find(({ status }) => status === 'published');
  if (newest === undefined || newest === to) return `requested; the newest ${to.status} version`;
  return `requested; the newest version that fits and changes least of what is installed (${newest.version} is the newest published)`;
};

/** A module of the plan that needs this one otherwise than it is. */
const whyNeeded = ({ choices }: Change, needs: readonly Needed[]): string | undefined => {
  const first = needs.find(
    ({ dependency: { range, optional } }) => (!optional || choices.standing) && (choices.within(range) & choices.before) === 0n,
  );
  return first && needsClause(`${first.by.module} ${first.by.to.version}`, false, first.dependency);
};

/** The need of its own that its installed version would be left with unmet. */
const whyMoved = ({ module, choices }: Change, survey: Survey, changes: ReadonlyMap<string, Change>): string | undefined => {
  const { standing } = choices;
  for (const dependency of standing?.dependencies ?? []) {
    const moved = changes.get(dependency.module);
    if (moved && (survey.choicesOf(moved.module).within(dependency.range) & moved.to.value) === 0n)
      return `${needsClause(`${module} ${standing?.version}`, false, dependency)}, which becomes ${moved.to.version}`;
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
