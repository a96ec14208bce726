import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as semver from 'semver';
import {
  type ChangeRequest,
  type Dependency,
  type Explanation,
  type Link,
  type Offer,
  resolve,
  type Universe,
} from '../../../../contexts/module-registry/domain/resolution/resolve.ts';
import { isWhole, offerOf, solutions, stateBefore } from './brute-force.ts';
import { question } from './small-universes.ts';

const numRuns = Number(process.env['RUNS'] ?? 3_000);

interface Refused {
  readonly universe: Universe;
  readonly request: ChangeRequest;
  readonly explanation: Explanation;
}

/** Holds for the explanation of each question that came as far as the dependencies and has no plan. */
const ofEveryExplanation = (law: (refused: Refused) => void): void => {
  let explained = 0;
  fc.assert(
    fc.property(question, ({ universe, request }) => {
      const explanation = resolve(universe, request);
      if (!('reason' in explanation) || !explanation.facts.chain.some(({ fact }) => fact === 'asked' || fact === 'needs')) return;
      explained += 1;
      law({ universe, request, explanation });
    }),
    { numRuns },
  );
  expect(explained).toBeGreaterThan(numRuns / 50);
};

const closedAs = { draft: 'not-published', withdrawn: 'withdrawn', deprecated: 'past-sunset', published: '' } as const;

const isSame = (one: Dependency, other: Dependency): boolean =>
  one.module === other.module && one.range === other.range && one.optional === other.optional;

const isTrue = (universe: Universe, { fact, module, versions, needs }: Link): boolean => {
  const offers = versions.map((version) => offerOf(universe, module, version));
  if (needs) return offers.every((offer) => offer?.dependencies.some((one) => isSame(one, needs)) === true);
  if (fact === 'kept') return stateBefore(universe).get(module) === versions[0];
  if (fact === 'missing') return (universe.offers.get(module) ?? []).every(({ version }) => versions.includes(version));
  if (fact === 'asked') return offers.every((offer) => offer !== undefined);
  return offers.every((offer) => offer === undefined || closedAs[offer.status] === fact);
};

const chainOf = ({ explanation }: Refused): readonly Link[] => explanation.facts.chain;

/** The catalog with no needs but those that the chain tells of, and nothing closed but what it says is. */
const onlyWhatIsTold = (universe: Universe, chain: readonly Link[]): Universe => {
  const told = ({ module, version, dependencies, ...life }: Offer): Offer => {
    const isClosed = chain.some((link) => link.module === module && link.versions.includes(version) && link.fact === closedAs[life.status]);
    const needs = dependencies.filter((one) =>
      chain.some((link) => link.module === module && link.needs !== undefined && isSame(link.needs, one)),
    );
    return isClosed ? { module, version, ...life, dependencies: needs } : { module, version, status: 'published', dependencies: needs };
  };
  return { ...universe, offers: new Map([...universe.offers].map(([module, those]) => [module, those.map(told)])) };
};

describe('The chain of an explanation', () => {
  test('says only what is so', () => {
    ofEveryExplanation(({ universe, explanation }) => {
      for (const link of explanation.facts.chain) expect([link.says, isTrue(universe, link)]).toEqual([link.says, true]);
    });
  });

  test('proves that the newest versions asked for do not go, even if nothing else was in the way', () => {
    ofEveryExplanation((refused) => {
      const asked = chainOf(refused).filter(({ fact }) => fact === 'asked');
      const newest = asked.map(({ module, versions }) => ({ module, range: versions[0] ?? '' }));
      const others = refused.request.modules.filter(({ module }) => !asked.some((link) => link.module === module));
      const reduced = onlyWhatIsTold(refused.universe, chainOf(refused));
      expect(solutions(reduced, { ...refused.request, modules: [...newest, ...others] })).toEqual([]);
    });
  });

  test('has no need in it that could be missing', () => {
    ofEveryExplanation((refused) => {
      if (refused.explanation.reason === 'dependency-cycle' || !isWhole(refused.universe)) return;
      const asked = chainOf(refused).filter(({ fact }) => fact === 'asked');
      const newest = asked.map(({ module, versions }) => ({ module, range: versions[0] ?? '' }));
      const others = refused.request.modules.filter(({ module }) => !asked.some((link) => link.module === module));
      for (const link of chainOf(refused).filter(({ needs }) => needs)) {
        const rest = chainOf(refused).filter((other) => other !== link);
        const reduced = onlyWhatIsTold(refused.universe, rest);
        expect([link.says, solutions(reduced, { ...refused.request, modules: [...newest, ...others] }).length > 0]).toEqual([
          link.says,
          true,
        ]);
      }
    });
  });

  test('leads from what was asked for: each link is about a module that one before it names, or about one that stands', () => {
    ofEveryExplanation(({ universe, request, explanation }) => {
      const named = new Set([...request.modules.map(({ module }) => module), ...stateBefore(universe).keys()]);
      for (const { module, needs } of explanation.facts.chain) {
        expect(named).toContain(module);
        if (needs) named.add(needs.module);
      }
    });
  });

  test('comes with an offer that works, where there is one', () => {
    fc.assert(
      fc.property(question, ({ universe, request }) => {
        const explanation = resolve(universe, request);
        if (!('reason' in explanation) || !Array.isArray(explanation.facts['together'])) return;
        const together: readonly { readonly module: string; readonly to: string }[] = explanation.facts['together'];
        const modules = together.map(({ module, to }) => ({ module, range: to }));
        expect(together.every(({ to }) => semver.valid(to) === to)).toBe(true);
        expect(resolve(universe, { ...request, modules })).toHaveProperty('steps');
      }),
      { numRuns },
    );
  });
});
