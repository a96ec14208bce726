import { Defect } from '../../../shared/domain/errors.ts';
import { type Incompatibility, resolvent, type Term } from './incompatibility.ts';
import { type Assignment, makeTrail } from './trail.ts';
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
  /** What holds once it is sure that the module is there. */
  readonly needsOf: (module: string) => readonly Incompatibility[];
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

/** Values that break no rule; or an incompatibility without terms, which says that there are none; or neither was found in time. */
export type Outcome =
  | { readonly kind: 'solved'; readonly result: Result }
  | { readonly kind: 'impossible'; readonly proof: Incompatibility }
  | { readonly kind: 'too-complex' };

/** Deciding whether there is a plan is NP-complete: someone must say when it has been enough. */
export const conflictsMax = 2_000;

/**
 * Conflict-driven search: narrow by the rules as far as they go, then decide a module for the best value left. When rules and decisions
 * clash, derive from the rules involved the one that was missing, go back to where it would have applied, and go on. A value
 * is ruled out only where it leads nowhere, so the first answer is the best in the order of the decisions.
 */
export const solve = (problem: Problem): Outcome => {
  const search = makeSearch(problem);
  for (let conflict = 0; conflict < conflictsMax; conflict += 1) {
    const clash = search.decideUntilClash();
    if (clash === undefined) return { kind: 'solved', result: search.result };
    const { learnt, level } = search.analyse(clash);
    if (learnt.terms.length === 0) return { kind: 'impossible', proof: learnt };
    search.backTo(level);
    search.add(learnt);
  }
  return { kind: 'too-complex' };
};

interface Added {
  readonly incompatibility: Incompatibility;
  readonly level: number;
}

const makeSearch = (problem: Problem) => {
  const trail = makeTrail();
  const modules: string[] = [];
  const result: Result = { modules, valuesOf: trail.valuesOf };
  const present = new Set<string>();
  const known = new Set<Incompatibility>();
  const byModule = new Map<string, Incompatibility[]>();
  const added: Added[] = [];
  /** To be looked at: rules that are new, and modules whose values changed. */
  let fresh: Incompatibility[] = [];
  const changed: string[] = [];

  const enter = (module: string): void => {
    if (byModule.has(module)) return;
    byModule.set(module, []);
    modules.push(module);
    trail.enter(module, problem.valuesOf(module));
    for (const incompatibility of problem.about(module)) add(incompatibility);
  };

  const add = (incompatibility: Incompatibility): void => {
    if (known.has(incompatibility)) return;
    known.add(incompatibility);
    added.push({ incompatibility, level: trail.level() });
    fresh.push(incompatibility);
    for (const { module } of incompatibility.terms) {
      enter(module);
      byModule.get(module)?.push(incompatibility);
    }
  };

  const expandIfPresent = (module: string): void => {
    if (present.has(module) || meets(valuesOf(module), absence)) return;
    present.add(module);
    for (const incompatibility of problem.needsOf(module)) add(incompatibility);
  };

  const valuesOf = (module: string): Values => trail.valuesOf(module) ?? 0n;

  /** Applies one rule: narrows the one module whose term is open, or answers the rule when every term of it is true. */
  const apply = (incompatibility: Incompatibility): Incompatibility | undefined => {
    let open: Term | undefined;
    for (const term of incompatibility.terms) {
      const values = valuesOf(term.module);
      if (!meets(values, term.values)) return undefined;
      if (!meets(values, ~term.values)) continue;
      if (open) return undefined;
      open = term;
    }
    if (open === undefined) return incompatibility;
    trail.narrow(open.module, valuesOf(open.module) & ~open.values, incompatibility);
    changed.push(open.module);
    expandIfPresent(open.module);
    return undefined;
  };

  const propagate = (): Incompatibility | undefined => {
    for (;;) {
      const next = fresh.pop();
      const module = next ? undefined : changed.shift();
      if (next === undefined && module === undefined) return undefined;
      for (const incompatibility of next ? [next] : (byModule.get(module ?? '') ?? [])) {
        const clash = apply(incompatibility);
        if (clash) return clash;
      }
    }
  };

  const decide = (): boolean => {
    const next = modules.find((module) => isOpen(valuesOf(module)));
    if (next === undefined) return false;
    trail.decide(next, problem.best(next, valuesOf(next)));
    changed.push(next);
    return true;
  };

  /** Each decision leaves fewer modules open and each flaw fewer choices, so this ends: in a clash, or with everything decided and no flaw. */
  const decideUntilClash = (): Incompatibility | undefined => {
    for (;;) {
      const clash = propagate();
      if (clash) return clash;
      if (decide()) continue;
      const flaw = problem.flawOf(result);
      if (flaw === undefined) return undefined;
      add(flaw);
    }
  };

  /** Rules that came after that level may already have something to say at it. */
  const backTo = (level: number): void => {
    trail.backTo(level);
    changed.length = 0;
    for (let last = added.length - 1; last >= 0; last -= 1) {
      const rule = added[last];
      if (rule === undefined || rule.level <= level) break;
      added[last] = { ...rule, level };
      fresh.push(rule.incompatibility);
    }
    fresh = [...new Set(fresh)];
  };

  /** What the clash teaches, and the level at which it would have narrowed something. */
  const analyse = (clash: Incompatibility): { readonly learnt: Incompatibility; readonly level: number } => {
    let learnt = clash;
    while (learnt.terms.length > 0) {
      const { latest, level } = latestOf(learnt.terms.map((term) => trail.satisfierOf(term)));
      if (latest.cause === undefined || level < latest.level) return { learnt, level };
      learnt = resolvent(learnt, latest.cause, { module: latest.module, values: problem.valuesOf(latest.module) });
    }
    return { learnt, level: 0 };
  };

  for (const module of problem.modules) enter(module);
  return { result, add, decideUntilClash, backTo, analyse };
};

const isOpen = (values: Values): boolean => !meets(values, absence) && !isDecided(values);

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
