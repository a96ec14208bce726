import type { Incompatibility } from './incompatibility.ts';
import { absence, isDecided, isWithin, meets, type Values } from './values.ts';

/** A module as the search knows it. Only the trail changes one. */
export interface Variable {
  readonly module: string;
  readonly all: Values;
  /** What is left of them. */
  values: Values;
  readonly history: Assignment[];
}

/** One narrowing of a module's values. Without a cause it was a decision. */
export interface Assignment {
  readonly index: number;
  readonly variable: Variable;
  readonly before: Values;
  readonly after: Values;
  /** How many decisions it depends on at most. */
  readonly level: number;
  readonly cause: Incompatibility | undefined;
}

/** What the search knows so far, in the order in which it was learnt, so that it can be taken back. */
export interface Trail {
  readonly level: () => number;
  readonly narrow: (variable: Variable, after: Values, cause: Incompatibility) => void;
  readonly decide: (variable: Variable, value: Values) => void;
  /** The first module, of those that must be there, that has more than one version left. */
  readonly nextOpen: () => Variable | undefined;
  readonly backTo: (level: number) => void;
}

export const makeTrail = (): Trail => {
  const assignments: Assignment[] = [];
  /** The modules that must be there, in the order in which that became known. */
  const required: Variable[] = [];
  /** For each level, how many of them are decided at the least, counted from the first. */
  const decided: number[] = [0];
  const level = (): number => decided.length - 1;

  const assign = (variable: Variable, after: Values, cause: Incompatibility | undefined): void => {
    const { values: before } = variable;
    const assignment = { index: assignments.length, variable, before, after, level: level(), cause };
    assignments.push(assignment);
    variable.history.push(assignment);
    if (isDiscovery(assignment)) required.push(variable);
    variable.values = after;
  };

  return {
    level,
    narrow: assign,
    decide: (variable, value) => {
      decided.push(decided.at(-1) ?? 0);
      assign(variable, value, undefined);
    },
    nextOpen: () => {
      let index = decided.at(-1) ?? 0;
      for (let next = required[index]; next && isDecided(next.values); next = required[index]) index += 1;
      decided[level()] = index;
      return required[index];
    },
    backTo: (target) => {
      for (let last = assignments.at(-1); last && last.level > target; last = assignments.at(-1)) {
        assignments.pop();
        last.variable.history.pop();
        if (isDiscovery(last)) required.pop();
        last.variable.values = last.before;
      }
      decided.length = target + 1;
    },
  };
};

const isDiscovery = ({ before, after }: Assignment): boolean => meets(before, absence) && !meets(after, absence);

/** The first assignment with which a module had only these values left, which it has now. */
export const satisfierOf = ({ history }: Variable, values: Values): Assignment | undefined => {
  let first: Assignment | undefined;
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const assignment = history[index];
    if (assignment === undefined || !isWithin(assignment.after, values)) break;
    first = assignment;
  }
  return first;
};
