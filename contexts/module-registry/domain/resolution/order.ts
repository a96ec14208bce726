import type { Dependency } from './vocabulary.ts';

/** A module with what it depends on, in the state in which the order matters. */
export interface Ordered {
  readonly module: string;
  readonly dependencies: readonly Dependency[];
}

/** Dependencies before dependents, else by name. Required ones make no circle; an optional one that would is passed over. */
export const inDependencyOrder = <M extends Ordered>(modules: readonly M[]): readonly M[] => {
  const byName = new Map(modules.map((module) => [module.module, module]));
  const passedOver = new Set<Dependency>();
  for (;;) {
    const attempt = tryToOrder(byName, passedOver);
    if ('ordered' in attempt) return attempt.ordered;
    passedOver.add(attempt.optional);
  }
};

type Attempt<M> = { readonly ordered: readonly M[] } | { readonly optional: Dependency };

const tryToOrder = <M extends Ordered>(byName: ReadonlyMap<string, M>, passedOver: ReadonlySet<Dependency>): Attempt<M> => {
  const placed = new Set<M>();
  const path: (readonly [M, Dependency])[] = [];
  const place = (module: M): Dependency | undefined => {
    if (placed.has(module)) return undefined;
    const start = path.findIndex(([known]) => known === module);
    if (start >= 0) return path.slice(start).find(([, dependency]) => dependency.optional)?.[1];
    for (const dependency of module.dependencies) {
      const target = byName.get(dependency.module);
      if (target === undefined || target === module || passedOver.has(dependency)) continue;
      path.push([module, dependency]);
      const inTheWay = place(target);
      if (inTheWay) return inTheWay;
      path.pop();
    }
    placed.add(module);
    return undefined;
  };
  for (const name of [...byName.keys()].sort()) {
    const module = byName.get(name);
    const inTheWay = module && place(module);
    if (inTheWay) return { optional: inTheWay };
  }
  return { ordered: [...placed] };
};
