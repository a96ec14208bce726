import type { Aims } from './aims.ts';
import type { Ordered } from './order.ts';
import type { Candidate, Choices } from './survey.ts';
import type { Dependency } from './vocabulary.ts';
import { needsClause } from './words.ts';

/** A module that a plan changes. */
export interface Change extends Ordered {
  readonly choices: Choices;
  readonly to: Candidate;
}

type Changes = ReadonlyMap<string, Change>;

/** A module that must change because another does. */
interface Effect {
  readonly module: string;
  readonly why: string;
}

/** A need that a module has as it stands. */
interface Need {
  readonly by: Change;
  readonly dependency: Dependency;
}

/** Why each module changes: it was asked for, or one whose own why was found before leaves it no choice; so no two explain each other. */
export const whysOf = ({ aims }: Aims, changes: readonly Change[]): ReadonlyMap<string, string> => {
  const byModule = new Map(changes.map((change) => [change.module, change]));
  const needs = changes.flatMap((by) => (by.choices.standing?.dependencies ?? []).map((dependency) => ({ by, dependency })));
  const byTarget = Map.groupBy(needs, ({ dependency }) => dependency.module);
  const whys = new Map<string, string>();
  const add = ({ module, why }: Effect): void => {
    if (!whys.has(module)) whys.set(module, why);
  };
  for (const { module, range } of aims) add({ module, why: whyNamed(byModule.get(module), range) });
  for (const module of whys.keys()) {
    const cause = byModule.get(module);
    if (cause) for (const effect of [...needed(cause, byModule), ...moved(cause, byTarget.get(module) ?? [])]) add(effect);
  }
  return whys;
};

const whyNamed = (change: Change | undefined, range: string | undefined): string => {
  if (change === undefined || range !== undefined) return 'requested';
  const { choices, to } = change;
  const newest = choices.candidates.find(({ status }) => status === 'published');
  if (newest === undefined || newest === to) return `requested; the newest ${to.status} version`;
  return `requested; the newest version that fits and changes least of what is installed (${newest.version} is the newest published)`;
};

/** What the cause needs otherwise than it was. */
const needed = ({ module, to }: Change, changes: Changes): readonly Effect[] =>
  to.dependencies.flatMap((dependency) => {
    const target = changes.get(dependency.module)?.choices;
    if (target === undefined || (dependency.optional && target.standing === undefined)) return [];
    const fitted = (target.within(dependency.range) & target.before) !== 0n;
    return fitted ? [] : [{ module: target.module, why: needsClause(`${module} ${to.version}`, false, dependency) }];
  });

/** What stood on the cause, and has no place on what it becomes. */
const moved = ({ choices, to }: Change, needs: readonly Need[]): readonly Effect[] =>
  needs
    .filter(({ dependency }) => (choices.within(dependency.range) & to.value) === 0n)
    .map(({ by, dependency }) => {
      const subject = `${by.module} ${by.choices.standing?.version}`;
      return { module: by.module, why: `${needsClause(subject, false, dependency)}, which becomes ${to.version}` };
    });
