import fc from 'fast-check';
import type { ChangeRequest, Offer, Universe } from '../../../../contexts/module-registry/domain/resolution/resolve.ts';
import { at } from './universe.ts';

/** Universes small enough to try everything: up to four modules with up to three versions, in all conditions that can be met with. */
const modules = ['a', 'b', 'c', 'd'] as const;
const versions = ['1.0.0', '1.1.0', '2.0.0'] as const;
const ranges = ['^1.0', '^2.0', '~1.0', '>=1.1', '<2.0', '*', '1.0.0', '^1.0 || ^2.0', '^3.0'] as const;

const status: fc.Arbitrary<Pick<Offer, 'status' | 'sunsetAt'>> = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ status: 'published' as const }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom({ status: 'deprecated' as const }, { status: 'deprecated' as const, sunsetAt: new Date('2027-01-01') }),
  },
  { weight: 1, arbitrary: fc.constant({ status: 'deprecated' as const, sunsetAt: at }) },
  { weight: 1, arbitrary: fc.constantFrom({ status: 'draft' as const }, { status: 'withdrawn' as const }) },
);

const dependency = fc.record({
  module: fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...modules) }, { weight: 1, arbitrary: fc.constant('nowhere') }),
  range: fc.constantFrom(...ranges),
  optional: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const offersOf = (module: string): fc.Arbitrary<readonly [string, readonly Offer[]]> =>
  fc
    .subarray([...versions], { minLength: 1 })
    .chain((those) =>
      fc.tuple(
        ...those.map((version) =>
          fc.tuple(fc.constant(version), status, fc.uniqueArray(dependency, { maxLength: 2, selector: (d) => d.module })),
        ),
      ),
    )
    .map((those) => [module, those.map(([version, life, dependencies]) => ({ module, version, ...life, dependencies }))]);

const standingIn = (offers: Universe['offers']): fc.Arbitrary<Universe['standing']> =>
  fc
    .tuple(
      ...modules.map((module) =>
        fc.option(fc.constantFrom(...(offers.get(module)?.map(({ version }) => version) ?? []), '1.0.0'), { freq: 2 }),
      ),
    )
    .map((those) => those.flatMap((version, index) => (version === null ? [] : [{ module: modules[index] ?? 'a', version }])));

/** Without circles among what stands, since no plan makes one; else whatever it is. */
export const smallUniverse: fc.Arbitrary<Universe> = fc
  .tuple(...modules.map(offersOf))
  .map((entries) => new Map(entries.filter(([, those]) => those.length > 0)))
  .chain((offers) => standingIn(offers).map((standing) => ({ offers, standing, at })))
  .filter((universe) => !hasCircle(universe));

const hasCircle = ({ offers, standing }: Universe): boolean => {
  const goesRound = (module: string, path: readonly string[]): boolean => {
    if (path.includes(module)) return true;
    const version = standing.find((one) => one.module === module)?.version;
    const needs = offers.get(module)?.find((offer) => offer.version === version)?.dependencies ?? [];
    return needs.some((need) => !need.optional && goesRound(need.module, [...path, module]));
  };
  return modules.some((module) => goesRound(module, []));
};

const range = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: fc.constantFrom(...ranges) },
  { weight: 1, arbitrary: fc.constantFrom(...versions) },
);

/** Mostly requests that make sense for what stands, so that most of them come as far as the solver. */
const requestIn = ({ offers, standing }: Universe): fc.Arbitrary<ChangeRequest> => {
  const there = standing.map(({ module }) => module);
  const missing = [...offers.keys()].filter((module) => !there.includes(module));
  const oneOrTwo = (names: readonly string[]): fc.Arbitrary<ChangeRequest['modules']> =>
    fc
      .tuple(
        fc.shuffledSubarray([...(names.length > 0 ? names : modules)], { minLength: 1, maxLength: Math.min(2, names.length || 2) }),
        range,
        range,
      )
      .map(([those, ...asked]) =>
        those.map((module, index) => ({ module, ...(asked[index] === undefined ? {} : { range: asked[index] }) })),
      );
  return fc.oneof(
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('install' as const), modules: oneOrTwo(missing) }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('upgrade' as const), modules: oneOrTwo(there) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('downgrade' as const), modules: oneOrTwo(there) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('install' as const, 'upgrade' as const), modules: oneOrTwo(modules) }) },
  );
};

export const question = smallUniverse.chain((universe) => requestIn(universe).map((request) => ({ universe, request })));
