import type { Incompatibility, Term } from './incompatibility.ts';
import { isWithin, type Values } from './values.ts';

/** One narrowing of a module's values. Without a cause it was a decision. */
export interface Assignment {
  readonly index: number;
  readonly module: string;
  readonly before: Values;
  readonly after: Values;
  /** How many decisions it depends on at most. */
  readonly level: number;
  readonly cause: Incompatibility | undefined;
}

/** What the search knows so far, in the order in which it was learnt, so that it can be taken back. */
export interface Trail {
  readonly level: () => number;
  readonly valuesOf: (module: string) => Values | undefined;
  readonly enter: (module: string, values: Values) => void;
  readonly narrow: (module: string, after: Values, cause: Incompatibility) => void;
  readonly decide: (module: string, value: Values) => void;
  /** The first assignment with which the term, which is true now, was true. */
  readonly satisfierOf: (term: Term) => Assignment | undefined;
  readonly backTo: (level: number) => void;
}

export const makeTrail = (): Trail => {
  const values = new Map<string, Values>();
  const assignments: Assignment[] = [];
  const histories = new Map<string, Assignment[]>();
  let level = 0;

  const assign = (module: string, after: Values, cause: Incompatibility | undefined): void => {
    const assignment = { index: assignments.length, module, before: values.get(module) ?? after, after, level, cause };
    assignments.push(assignment);
    histories.get(module)?.push(assignment);
    values.set(module, after);
  };

  return {
    level: () => level,
    valuesOf: (module) => values.get(module),
    enter: (module, all) => {
      values.set(module, all);
      histories.set(module, []);
    },
    narrow: assign,
    decide: (module, value) => {
      level += 1;
      assign(module, value, undefined);
    },
    satisfierOf: ({ module, values: wanted }) => {
      const history = histories.get(module) ?? [];
      let satisfier: Assignment | undefined;
      for (let index = history.length - 1; index >= 0; index -= 1) {
        const assignment = history[index];
        if (assignment === undefined || !isWithin(assignment.after, wanted)) break;
        satisfier = assignment;
      }
      return satisfier;
    },
    backTo: (target) => {
      for (let last = assignments.at(-1); last && last.level > target; last = assignments.at(-1)) {
        assignments.pop();
        histories.get(last.module)?.pop();
        values.set(last.module, last.before);
      }
      level = target;
    },
  };
};
