import type { Dependency } from './vocabulary.ts';

/** A module with what it depends on, in the state in which the order matters. */
export interface Ordered {
  readonly module: string;
  readonly dependencies: readonly Dependency[];
}

/**
 * Dependencies before dependents, otherwise by name. Required dependencies have no circle; an optional one comes first where that is
 * possible, and yields where it is not.
 */
export const inDependencyOrder = <M extends Ordered>(modules: readonly M[]): readonly M[] => {
  const waiting = new Map([...modules].sort((a, b) => (a.module < b.module ? -1 : 1)).map((module) => [module.module, module]));
  const ordered: M[] = [];
  const isReady = ({ module, dependencies }: M, evenOptional: boolean): boolean =>
    dependencies.every(
      (dependency) => dependency.module === module || (dependency.optional && !evenOptional) || !waiting.has(dependency.module),
    );
  while (waiting.size > 0) {
    const left = [...waiting.values()];
    const next = left.find((module) => isReady(module, true)) ?? left.find((module) => isReady(module, false)) ?? left[0];
    if (next === undefined) break;
    waiting.delete(next.module);
    ordered.push(next);
  }
  return ordered;
};
