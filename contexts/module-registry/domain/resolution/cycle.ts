import type { CycleLink, Incompatibility } from './incompatibility.ts';
import type { Result } from './solver.ts';
import { type Choices, candidatesAmong, type Survey, valuesOf } from './survey.ts';
import { absence, type Values, versionIn } from './values.ts';

/**
 * A circle of required dependencies that a changed module leads into, as the incompatibility that rules it out: of each module all
 * versions that need the next. Each of the circle would have to be there before the others, and none could ever be removed alone.
 */
export const cycleAmong = (survey: Survey, result: Result): Incompatibility | undefined => {
  const links = findCycle(survey, result);
  const [first] = links;
  if (first === undefined) return undefined;
  const terms = links.map(({ module, dependency }) => ({ module, values: needing(survey.choicesOf(module), dependency.module) }));
  return { terms, because: { kind: 'cycle', module: first.module, versions: [first.version], links } };
};

const needing = ({ candidates }: Choices, module: string): Values =>
  valuesOf(
    candidates.filter(({ dependencies }) => dependencies.some((dependency) => dependency.module === module && !dependency.optional)),
  );

const findCycle = (survey: Survey, { modules, valuesOf: chosen }: Result): readonly CycleLink[] => {
  const path: CycleLink[] = [];
  const seen = new Set<string>();
  const visit = (module: string): readonly CycleLink[] => {
    const start = path.findIndex((link) => link.module === module);
    if (start >= 0) return path.slice(start);
    if (seen.has(module)) return [];
    seen.add(module);
    const choices = survey.choicesOf(module);
    const [candidate] = candidatesAmong(choices, versionIn(chosen(module) ?? choices.before));
    for (const dependency of candidate?.dependencies ?? []) {
      if (dependency.optional) continue;
      path.push({ module, version: candidate?.version ?? '', dependency });
      const cycle = visit(dependency.module);
      if (cycle.length > 0) return cycle;
      path.pop();
    }
    return [];
  };
  for (const module of modules) {
    const changed = versionIn(chosen(module) ?? absence) & ~survey.choicesOf(module).before;
    const cycle = changed === 0n ? [] : visit(module);
    if (cycle.length > 0) return cycle;
  }
  return [];
};
