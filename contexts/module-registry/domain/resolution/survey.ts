import { memoized } from './memoized.ts';
import { absence, type Values, valueOfVersion } from './values.ts';
import { makeVersions, type Versions } from './versions.ts';
import type { Dependency, Offer, Unavailability, Universe } from './vocabulary.ts';

/** A version that a module may take. */
export interface Candidate {
  readonly version: string;
  readonly value: Values;
  readonly status: Offer['status'];
  readonly sunsetAt?: Date;
  readonly dependencies: readonly Dependency[];
  /** Why it may not be installed anew; a version that stands stays valid all the same. */
  readonly unavailable: Unavailability | undefined;
}

/** A module as the solver sees it. */
export interface Choices {
  readonly module: string;
  readonly known: boolean;
  /** Newest first. */
  readonly candidates: readonly Candidate[];
  /** Those that may be installed anew, and what stands. */
  readonly installable: readonly Candidate[];
  /** Every candidate, and absence. */
  readonly all: Values;
  /** The value it has now. */
  readonly before: Values;
  readonly standing: Candidate | undefined;
  /** The candidates within a range. */
  readonly within: (range: string) => Values;
}

/**
 * The universe, parsed as far as it is asked about: a request touches a few modules of a large catalog, and parsing a range costs
 * more than all that is done with it.
 */
export interface Survey {
  readonly choicesOf: (module: string) => Choices;
  /** The modules that stand whose standing version depends on the module, optionally or not. */
  readonly standingDependentsOf: (module: string) => readonly string[];
}

export const makeSurvey = (universe: Universe): Survey => {
  const versions = new Map(universe.standing.map(({ module, version }) => [module, version]));
  const tools = makeVersions();
  const choicesOf = memoized((module: string) => choicesIn(universe, { module, standing: versions.get(module) }, tools));
  const dependents = new Map<string, string[]>();
  const standing = [...versions.keys()].sort();
  for (const module of standing)
    for (const dependency of dependenciesOfStanding(universe, module, versions)) {
      const known = dependents.get(dependency.module) ?? [];
      if (known.length === 0) dependents.set(dependency.module, known);
      if (known.at(-1) !== module) known.push(module);
    }
  return { choicesOf, standingDependentsOf: (module) => dependents.get(module) ?? [] };
};

/** Newest first. */
export const candidatesAmong = ({ candidates }: Choices, values: Values): readonly Candidate[] =>
  candidates.filter(({ value }) => (value & values) !== 0n);

export const valuesOf = (candidates: readonly Candidate[]): Values => candidates.reduce((values, { value }) => values | value, 0n);

const dependenciesOfStanding = ({ offers }: Universe, module: string, versions: ReadonlyMap<string, string>): readonly Dependency[] =>
  offers.get(module)?.find(({ version }) => version === versions.get(module))?.dependencies ?? [];

interface Named {
  readonly module: string;
  readonly standing: string | undefined;
}

const choicesIn = ({ offers, at }: Universe, { module, standing }: Named, { newestFirst, satisfies }: Versions): Choices => {
  const offered = offers.get(module) ?? [];
  const candidates = [...withStanding(offered, { module, standing })]
    .sort((one, other) => newestFirst(one.version, other.version))
    .map((offer, index) => ({ ...offer, value: valueOfVersion(index), unavailable: unavailability(offer, at) }));
  const stands = candidates.find(({ version }) => version === standing);
  return {
    module,
    known: offered.length > 0,
    candidates,
    installable: candidates.filter((candidate) => candidate.unavailable === undefined || candidate === stands),
    all: valuesOf(candidates) | absence,
    before: stands?.value ?? absence,
    standing: stands,
    within: memoized((range) => valuesOf(candidates.filter(({ version }) => satisfies(version, range)))),
  };
};

/** A version that stands but is no longer offered is kept as one that needs nothing and that nobody else can get. */
const withStanding = (offers: readonly Offer[], { module, standing }: Named): readonly Offer[] =>
  standing === undefined || offers.some(({ version }) => version === standing)
    ? offers
    : [...offers, { module, version: standing, status: 'withdrawn', dependencies: [] }];

const unavailability = ({ status, sunsetAt }: Offer, at: Date): Unavailability | undefined => {
  if (status === 'draft') return 'not-published';
  if (status === 'withdrawn') return 'withdrawn';
  return sunsetAt && sunsetAt <= at ? 'past-sunset' : undefined;
};
