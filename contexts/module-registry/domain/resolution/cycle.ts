import type { Incompatibility } from './incompatibility.ts';
import type { Result } from './solver.ts';
import { type Candidate, type Choices, candidatesAmong, type Survey, valuesOf } from './survey.ts';
import { absence, versionIn } from './values.ts';

/**
 * A circle of required dependencies that a changed module leads into, as the incompatibility that rules it out: of each module all
 * versions that need the next. Each of the circle would have to be there before the others, and none could ever be removed alone.
 */
export const cycleAmong = (survey: Survey, result: Result): Incompatibility | undefined => {
  const circle = findCycle(survey, result);
  const [first] = circle;
  if (first === undefined) return undefined;
  const terms = circle.map((module, index) => ({
    module,
    values: valuesOf(needing(survey.choicesOf(module), circle[index + 1] ?? first)),
  }));
  return { terms, because: { kind: 'cycle', module: first, circle } };
};

/** The versions of one module that need another. */
export const needing = ({ candidates }: Choices, module: string): readonly Candidate[] =>
  candidates.filter(({ dependencies }) => dependencies.some((dependency) => dependency.module === module && !dependency.optional));

const findCycle = (survey: Survey, { modules, valuesOf: chosen }: Result): readonly string[] => {
  const path: string[] = [];
  const seen = new Set<string>();
  const visit = (module: string): readonly string[] => {
    const start = path.indexOf(module);
    if (start >= 0) return path.slice(start);
    if (seen.has(module)) return [];
    seen.add(module);
    const choices = survey.choicesOf(module);
    const [candidate] = candidatesAmong(choices, versionIn(chosen(module) ?? choices.before));
    path.push(module);
    for (const dependency of candidate?.dependencies ?? []) {
      const cycle = dependency.optional ? [] : visit(dependency.module);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    return [];
  };
  for (const module of modules) {
    const changed = versionIn(chosen(module) ?? absence) & ~survey.choicesOf(module).before;
    const cycle = changed === 0n ? [] : visit(module);
    if (cycle.length > 0) return cycle;
  }
  return [];
};
