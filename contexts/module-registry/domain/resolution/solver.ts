import { Defect } from '../../../shared/domain/errors.ts';
import { type Grounds, groundsOf, type Incompatibility, resolvent } from './incompatibility.ts';
import { lookAt, makeRule, type Rule, type Watched } from './rule-watch.ts';
import { type Assignment, makeTrail, satisfierOf } from './trail.ts';
import { absence, isDecided, meets, type Values } from './values.ts';

/**
 * The rules of one request, handed over piece by piece as the search comes to the modules that they are about.
 * Every rule that a module brings with its presence must allow a module that is not required to be absent.
 */
export interface Problem {
  /** Where the search begins: what is decided first comes first. */
  readonly modules: readonly string[];
  /** The values that the module can have at all. */
  readonly valuesOf: (module: string) => Values;
  /** What holds of a module in any case. */
  readonly about: (module: string) => readonly Incompatibility[];
  /** What holds of these versions alone. */
  readonly needsOf: (module: string, versions: Values) => readonly Incompatibility[];
  /** The best of several values. */
  readonly best: (module: string, among: Values) => Values;
  /** What is wrong with a choice of values that breaks no rule so far. */
  readonly flawOf: (result: Result) => Incompatibility | undefined;
}

/** What was chosen for the modules that the search came to; a module that may be absent is. */
export interface Result {
  readonly modules: readonly string[];
  readonly valuesOf: (module: string) => Values | undefined;
}

/** Values that break no rule; or the facts by which there are none; or neither was found in time. */
export type Outcome =
  | { readonly kind: 'solved'; readonly result: Result }
  | { readonly kind: 'impossible'; readonly grounds: readonly Grounds[] }
  | { readonly kind: 'too-complex' };

/**
 * How much may be looked at until an answer must be there. Deciding whether there is a plan is NP-complete, so someone must say when it
 * has been enough; counted in what is looked at, not in time, so that the answer does not depend on the machine.
 */
export interface Effort {
  left: number;
}

/**
 * Conflict-driven search: narrow by the rules as far as they go, then decide a module for the best version left. When rules and decisions
 * clash, derive from the rules involved the one that was missing, take the last decision back that it forbids, and go on. A value
 * is ruled out only where it leads nowhere, so the first answer is the best in the order of the decisions.
 */
export const solve = (problem: Problem, effort: Effort): Outcome => {
  const search = makeSearch(problem, effort);
  while (effort.left > 0) {
    const clash = search.decideUntilClash();
    if (clash === undefined) return { kind: 'solved', result: search.result };
    if (clash === 'too-complex') break;
    const { learnt, level, disputed } = analyse(clash, { variableOf: search.variableOf, effort });
    if (disputed === undefined) return { kind: 'impossible', grounds: groundsOf(learnt) };
    search.backTo(level);
    search.add(learnt);
    search.expand(disputed, disputed.all);
  }
  return { kind: 'too-complex' };
};

/** What is left of each module before anything is decided: what every solution has in common. */
export const consequencesOf = (problem: Problem, effort: Effort): Result => {
  const search = makeSearch(problem, effort);
  search.propagate();
  return search.result;
};

const makeSearch = (problem: Problem, effort: Effort) => {
  const trail = makeTrail();
  const variables = new Map<string, Watched>();
  const modules: string[] = [];
  const result: Result = { modules, valuesOf: (module) => variables.get(module)?.values };
  const known = new Set<Incompatibility>();
  const rules: Rule[] = [];
  /** To be looked at: rules that are new, and modules that were narrowed. */
  const fresh = makeQueue<Rule>();
  const narrowed = makeQueue<Watched>();

  const variableOf = (module: string): Watched => {
    const entered = variables.get(module);
    if (entered) return entered;
    const all = problem.valuesOf(module);
    const variable: Watched = { module, all, values: all, history: [], watchers: new Map(), expanded: 0n };
    variables.set(module, variable);
    modules.push(module);
    for (const incompatibility of problem.about(module)) add(incompatibility);
    return variable;
  };

  const add = (incompatibility: Incompatibility): void => {
    if (known.has(incompatibility)) return;
    known.add(incompatibility);
    const rule = makeRule(incompatibility, trail.level(), variableOf);
    effort.left -= rule.literals.length;
    rules.push(rule);
    fresh.push(rule);
  };

  /** Applies one rule; answers whether it is broken. */
  const apply = (rule: Rule): boolean => {
    effort.left -= 1;
    const verdict = lookAt(rule);
    if (verdict === undefined) return false;
    if (verdict === 'clash') return true;
    trail.narrow(verdict.variable, verdict.after, rule.incompatibility);
    moved(verdict.variable);
    return false;
  };

  const moved = (variable: Watched): void => {
    narrowed.push(variable);
    if (isDecided(variable.values)) expand(variable, variable.values);
  };

  /** Most modules are decided once, so what their other versions need is asked for only where a choice was disputed. */
  const expand = (variable: Watched, values: Values): void => {
    const fresh = values & ~absence & ~variable.expanded;
    if (fresh === 0n) return;
    variable.expanded |= fresh;
    for (const incompatibility of problem.needsOf(variable.module, fresh)) add(incompatibility);
  };

  const propagate = (): Incompatibility | undefined => {
    for (;;) {
      const rule = fresh.shift();
      const variable = rule ? undefined : narrowed.shift();
      if (rule && apply(rule)) return rule.incompatibility;
      const broken = variable && applyWatchersOf(variable);
      if (broken) return broken.incompatibility;
      if (rule === undefined && variable === undefined) return undefined;
    }
  };

  const applyWatchersOf = (variable: Watched): Rule | undefined => {
    effort.left -= variable.watchers.size / 8;
    for (const [rule, others] of variable.watchers) if (!meets(variable.values, others) && apply(rule)) return rule;
    return undefined;
  };

  /** Each decision leaves fewer modules open and each flaw fewer choices, so this ends: in a clash, or with everything decided and no flaw. */
  const decideUntilClash = (): Incompatibility | 'too-complex' | undefined => {
    while (effort.left > 0) {
      const clash = propagate();
      if (clash) return clash;
      const open = trail.nextOpen();
      const flaw = open ? undefined : problem.flawOf(result);
      if (open) {
        trail.decide(open, problem.best(open.module, open.values));
        moved(variableOf(open.module));
      } else if (flaw) add(flaw);
      else return undefined;
    }
    return 'too-complex';
  };

  /** Rules that came after that level may already have something to say at it. */
  const backTo = (level: number): void => {
    trail.backTo(level);
    narrowed.clear();
    const pending = new Set(fresh.clear());
    for (let index = rules.length - 1; index >= 0; index -= 1) {
      const rule = rules[index];
      if (rule === undefined || rule.level <= level) break;
      rule.level = level;
      pending.add(rule);
    }
    for (const rule of pending) fresh.push(rule);
  };

  for (const module of problem.modules) variableOf(module);
  return { result, variableOf, add, expand, propagate, decideUntilClash, backTo };
};

/**
 * What a clash teaches, and the level to go back to: the last at which the lesson leaves a choice. It would have applied earlier already,
 * but what was decided since is most likely decided again.
 */
const analyse = (clash: Incompatibility, { variableOf, effort }: Analysis): Lesson => {
  let learnt = clash;
  while (learnt.terms.length > 0) {
    effort.left -= learnt.terms.length;
    const { latest, level } = latestOf(learnt.terms.map(({ module, values }) => satisfierOf(variableOf(module), values)));
    if (latest.cause === undefined || level < latest.level)
      return { learnt, level: latest.level - 1, disputed: variableOf(latest.variable.module) };
    learnt = resolvent(learnt, latest.cause, { module: latest.variable.module, values: latest.variable.all });
  }
  return { learnt, level: 0, disputed: undefined };
};

interface Analysis {
  readonly variableOf: (module: string) => Watched;
  readonly effort: Effort;
}

interface Lesson {
  readonly learnt: Incompatibility;
  readonly level: number;
  /** The module that it would have narrowed; none where nothing is left to learn. */
  readonly disputed: Watched | undefined;
}

/** The last of the assignments, and the level by which the others had been made. */
const latestOf = (assignments: readonly (Assignment | undefined)[]): { readonly latest: Assignment; readonly level: number } => {
  let latest: Assignment | undefined;
  let level = 0;
  for (const assignment of assignments) {
    if (assignment === undefined) throw new Defect('a term that is said to be true is not');
    if (latest === undefined || assignment.index > latest.index) {
      level = Math.max(level, latest?.level ?? 0);
      latest = assignment;
    } else level = Math.max(level, assignment.level);
  }
  if (latest === undefined) throw new Defect('an incompatibility without terms has no satisfier');
  return { latest, level };
};

const makeQueue = <T>() => {
  let items: T[] = [];
  let next = 0;
  return {
    push: (item: T): void => {
      items.push(item);
    },
    shift: (): T | undefined => {
      const item = items[next];
      next += 1;
      if (next < items.length) return item;
      items = [];
      next = 0;
      return item;
    },
    /** Empties it, and answers what was in it. */
    clear: (): readonly T[] => {
      const rest = items.slice(next);
      items = [];
      next = 0;
      return rest;
    },
  };
};
