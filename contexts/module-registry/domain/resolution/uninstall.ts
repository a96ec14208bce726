import { inDependencyOrder } from './order.ts';
import { refuse } from './refusal.ts';
import type { Survey } from './survey.ts';
import type { ChangeRequest, Explanation, Link, Plan } from './vocabulary.ts';
import { misplacedWish } from './wishes.ts';
import { listed, needsClause } from './words.ts';

/** Removes the named modules, dependents first, unless something that stays needs one of them. */
export const planUninstall = (survey: Survey, { kind, modules }: ChangeRequest): Plan | Explanation => {
  const named = new Set(modules.map(({ module }) => module));
  for (const module of named) {
    const misplaced = misplacedWish(survey.choicesOf(module), kind);
    if (misplaced) return misplaced;
  }
  const chain = [...named].flatMap((module) => dependentLinks(survey, module, named));
  if (chain.length > 0) return inTheWay(survey, named, chain);
  const removed = [...named].map((module) => {
    const { version = '', dependencies = [] } = survey.choicesOf(module).standing ?? {};
    return { module, version, dependencies };
  });
  const steps = inDependencyOrder(removed).map(({ module, version }) => ({ module, from: version, to: null, why: 'requested' }));
  return { steps: steps.reverse(), warnings: [] };
};

const dependentLinks = (survey: Survey, module: string, removed: ReadonlySet<string>): readonly Link[] =>
  survey.standingDependentsOf(module).flatMap((dependent) => {
    if (removed.has(dependent)) return [];
    const { version = '', dependencies = [] } = survey.choicesOf(dependent).standing ?? {};
    return dependencies
      .filter((dependency) => dependency.module === module && !dependency.optional)
      .map((needs) => ({
        fact: 'needs',
        module: dependent,
        versions: [version],
        needs,
        says: needsClause(`${dependent} ${version}`, false, needs),
      }));
  });

const inTheWay = (survey: Survey, named: ReadonlySet<string>, chain: readonly Link[]): Explanation => {
  const together = [...withDependents(survey, named)].sort();
  const dependents = [...new Set(chain.map(({ module }) => module))];
  return refuse(
    'dependents-in-the-way',
    `${listed([...named])} cannot be uninstalled: ${listed(chain.map(({ says }) => says))}; uninstall ${listed(together, together.length)} together`,
    { module: [...named][0] ?? '', dependents, together: together.map((module) => ({ module })), chain },
  );
};

/** The modules and all that needs them, directly or not. */
const withDependents = (survey: Survey, named: ReadonlySet<string>): ReadonlySet<string> => {
  const all = new Set(named);
  for (const module of all) for (const { module: dependent } of dependentLinks(survey, module, all)) all.add(dependent);
  return all;
};
