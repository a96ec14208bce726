import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as semver from 'semver';
import { type ChangeRequest, type Plan, resolve, type Universe } from '../../../../contexts/module-registry/domain/resolution/resolve.ts';
import { changed, costOf, isSolution, offerOf, type State, solutions, stateAfter, stateBefore } from './brute-force.ts';
import { question } from './small-universes.ts';

const numRuns = Number(process.env['RUNS'] ?? 3_000);

interface Planned {
  readonly universe: Universe;
  readonly request: ChangeRequest;
  readonly plan: Plan;
  readonly after: State;
}

/** Holds for the plan of each question that has one. */
const ofEveryPlan = (law: (planned: Planned) => void): void => {
  fc.assert(
    fc.property(question, ({ universe, request }) => {
      const plan = resolve(universe, request);
      if ('steps' in plan) law({ universe, request, plan, after: stateAfter(universe, plan) });
    }),
    { numRuns },
  );
};

const isNamed = ({ modules }: ChangeRequest, module: string): boolean => modules.some((wish) => wish.module === module);

/** The state in which these modules are as they were. */
const reverted = (universe: Universe, after: State, modules: readonly string[]): State => {
  const state = new Map(after);
  for (const module of modules) {
    const version = stateBefore(universe).get(module);
    if (version === undefined) state.delete(module);
    else state.set(module, version);
  }
  return state;
};

const subsets = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.reduce<readonly (readonly T[])[]>((known, item) => known.flatMap((subset) => [subset, [...subset, item]]), [[]]);

describe('Resolution, beside a solver that tries everything', () => {
  test('finds a plan exactly when there is one, and never gives up on a small universe', () => {
    let plans = 0;
    fc.assert(
      fc.property(question, ({ universe, request }) => {
        const answer = resolve(universe, request);
        const possible = solutions(universe, request).length > 0;
        if (possible) plans += 1;
        expect('steps' in answer).toBe(possible);
        expect(answer).not.toHaveProperty('reason', 'too-complex');
      }),
      { numRuns },
    );
    expect(plans).toBeGreaterThan(numRuns / 10);
  });

  test('leaves everything with what it needs', () => {
    ofEveryPlan(({ universe, request, after }) => {
      expect(isSolution(universe, request, after)).toBe(true);
    });
  });

  test('changes as little as possible of what is installed, then brings as little as possible that is deprecated', () => {
    ofEveryPlan(({ universe, request, after }) => {
      const costs = solutions(universe, request).map((state) => costOf(universe, request, state));
      expect(costOf(universe, request, after)).toBe(Math.min(...costs));
    });
  });

  test('changes nothing that could be left as it was', () => {
    ofEveryPlan(({ universe, request, after }) => {
      const unasked = changed(universe, after).filter((module) => !isNamed(request, module));
      for (const some of subsets(unasked).filter(({ length }) => length > 0))
        expect(isSolution(universe, request, reverted(universe, after, some))).toBe(false);
    });
  });

  test('takes no version where a newer one of the same standing would do', () => {
    ofEveryPlan(({ universe, request, after }) => {
      for (const module of changed(universe, after)) {
        const chosen = offerOf(universe, module, after.get(module));
        const newer = (universe.offers.get(module) ?? []).filter(
          ({ version, status }) => chosen && status === chosen.status && semver.gt(version, chosen.version),
        );
        for (const { version } of newer) expect(isSolution(universe, request, new Map([...after, [module, version]]))).toBe(false);
      }
    });
  });

  test('gives the module that is named first the newest version that the same changes allow', () => {
    ofEveryPlan(({ universe, request, after }) => {
      const [first] = request.modules;
      const unasked = (state: State): readonly string[] =>
        [...stateBefore(universe).keys()].filter((module) => !isNamed(request, module) && changed(universe, state).includes(module));
      const deprecated = (state: State): readonly string[] =>
        [...universe.offers.keys()].filter(
          (module) => changed(universe, state).includes(module) && offerOf(universe, module, state.get(module))?.status === 'deprecated',
        );
      const alike = solutions(universe, request).filter(
        (state) => unasked(state).join() === unasked(after).join() && deprecated(state).join() === deprecated(after).join(),
      );
      const chosen = after.get(first?.module ?? '') ?? '';
      for (const state of alike) expect(semver.gte(chosen, state.get(first?.module ?? '') ?? '0.0.0')).toBe(true);
    });
  });

  test('takes its steps so that each finds what it needs, and makes each change once', () => {
    ofEveryPlan(({ universe, plan, after }) => {
      const state = new Map(stateBefore(universe));
      for (const { module, from, to } of plan.steps) {
        expect(state.get(module) ?? null).toBe(from);
        state.set(module, to ?? '');
        for (const need of offerOf(universe, module, to ?? '')?.dependencies ?? [])
          if (!need.optional) expect(state.get(need.module)).toBe(after.get(need.module));
      }
      expect(plan.steps.map(({ module }) => module).sort()).toEqual([...changed(universe, after)].sort());
    });
  });

  test('does not depend on the order in which the catalog and what is installed are listed', () => {
    fc.assert(
      fc.property(question, ({ universe, request }) => {
        const offers = new Map([...universe.offers].reverse().map(([module, those]) => [module, [...those].reverse()]));
        const mirrored = { ...universe, offers, standing: [...universe.standing].reverse() };
        expect(resolve(mirrored, request)).toEqual(resolve(universe, request));
      }),
      { numRuns },
    );
  });

  test('says of each step why it is taken', () => {
    ofEveryPlan(({ request, plan }) => {
      for (const { module, why } of plan.steps)
        expect(why).toMatch(isNamed(request, module) ? /^requested/ : / (needs|works only with) | in a circle$/);
    });
  });

  test('warns of each deprecated version that it brings, and of no other', () => {
    ofEveryPlan(({ universe, plan, after }) => {
      const deprecated = changed(universe, after).filter((module) => offerOf(universe, module, after.get(module))?.status === 'deprecated');
      expect(plan.warnings.map(({ module }) => module).sort()).toEqual([...deprecated].sort());
    });
  });
});
