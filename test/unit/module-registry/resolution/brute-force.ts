import * as semver from 'semver';
import type {
  ChangeRequest,
  Dependency,
  Offer,
  Plan,
  Universe,
  Wish,
} from '../../../../contexts/module-registry/domain/resolution/resolve.ts';

/** What stands after a change; a module that is not in it is absent. */
export type State = ReadonlyMap<string, string>;

export const stateBefore = ({ standing }: Universe): State => new Map(standing.map(({ module, version }) => [module, version]));

export const stateAfter = (universe: Universe, { steps }: Plan): State => {
  const state = new Map(stateBefore(universe));
  for (const { module, to } of steps) if (to === null) state.delete(module);
  for (const { module, to } of steps) if (to !== null) state.set(module, to);
  return state;
};

/** Every state that fulfils the request and breaks no rule, found by trying all; the rules as docs/resolution.md has them. */
export const solutions = (universe: Universe, request: ChangeRequest): readonly State[] =>
  states(universe).filter((after) => isSolution(universe, request, after));

const states = ({ offers, standing }: Universe): readonly State[] => {
  const versions = new Map([...offers].map(([module, those]) => [module, new Set(those.map(({ version }) => version))]));
  for (const { module, version } of standing) versions.set(module, (versions.get(module) ?? new Set()).add(version));
  return [...versions].reduce<readonly State[]>(
    (known, [module, those]) => known.flatMap((state) => [state, ...[...those].map((version) => new Map([...state, [module, version]]))]),
    [new Map()],
  );
};

export const isSolution = (universe: Universe, request: ChangeRequest, after: State): boolean =>
  request.modules.every((wish) => isGranted(universe, request, wish, after)) &&
  keepsWhatStands(universe, request, after) &&
  bringsOnlyWhatIsOffered(universe, after) &&
  needsAreMet(universe, after) &&
  (request.kind === 'install' || needsOfUnnamedAreMet(universe, request, after)) &&
  !leadsIntoCircle(universe, after);

const isGranted = (universe: Universe, { kind }: ChangeRequest, { module, range }: Wish, after: State): boolean => {
  const from = stateBefore(universe).get(module);
  const to = after.get(module);
  if (to === undefined) return false;
  if (range !== undefined && !semver.satisfies(to, range)) return false;
  if (kind === 'install') return from === undefined;
  if (from === undefined) return false;
  return kind === 'upgrade' ? semver.gt(to, from) : range !== undefined && semver.lt(to, from);
};

const keepsWhatStands = (universe: Universe, request: ChangeRequest, after: State): boolean =>
  [...stateBefore(universe)].every(([module, from]) => {
    const to = after.get(module);
    return isNamed(request, module) || (to !== undefined && semver.gte(to, from));
  });

const bringsOnlyWhatIsOffered = (universe: Universe, after: State): boolean =>
  changed(universe, after).every((module) => {
    const offer = offerOf(universe, module, after.get(module));
    if (after.get(module) === undefined) return true;
    return offer !== undefined && (offer.status === 'published' || (offer.status === 'deprecated' && !isPastSunset(universe, offer)));
  });

const isPastSunset = ({ at }: Universe, { sunsetAt }: Offer): boolean => sunsetAt !== undefined && sunsetAt <= at;

/** A dependency between two modules that both stay as they are is not judged. */
const needsAreMet = (universe: Universe, after: State): boolean => {
  const before = stateBefore(universe);
  return [...after].every(([module, version]) =>
    dependenciesOf(universe, module, version).every(
      (dependency) =>
        isMet(dependency, after) ||
        dependency.module === module ||
        (before.get(module) === version && before.get(dependency.module) === after.get(dependency.module)),
    ),
  );
};

/** An upgrade or a downgrade breaks no need of what stands and is not named. */
const needsOfUnnamedAreMet = (universe: Universe, request: ChangeRequest, after: State): boolean => {
  const before = stateBefore(universe);
  return [...before].every(
    ([module, version]) =>
      isNamed(request, module) ||
      dependenciesOf(universe, module, version).every(
        (dependency) =>
          isMet(dependency, after) || dependency.module === module || before.get(dependency.module) === after.get(dependency.module),
      ),
  );
};

/** Whether all that stands has what it needs. */
export const isWhole = (universe: Universe): boolean => {
  const before = stateBefore(universe);
  return [...before].every(([module, version]) => dependenciesOf(universe, module, version).every((need) => isMet(need, before)));
};

const isMet = ({ module, range, optional }: Dependency, state: State): boolean => {
  const version = state.get(module);
  return version === undefined ? optional : semver.satisfies(version, range);
};

const leadsIntoCircle = (universe: Universe, after: State): boolean => {
  const goesRound = (module: string, path: readonly string[]): boolean =>
    path.includes(module) ||
    dependenciesOf(universe, module, after.get(module))
      .filter(({ optional }) => !optional)
      .some((dependency) => goesRound(dependency.module, [...path, module]));
  return changed(universe, after).some((module) => goesRound(module, []));
};

const dependenciesOf = (universe: Universe, module: string, version: string | undefined): readonly Dependency[] =>
  offerOf(universe, module, version)?.dependencies ?? [];

export const offerOf = ({ offers }: Universe, module: string, version: string | undefined): Offer | undefined =>
  offers.get(module)?.find((offer) => offer.version === version);

const isNamed = ({ modules }: ChangeRequest, module: string): boolean => modules.some((wish) => wish.module === module);

/** The modules that are otherwise after than before. */
export const changed = (universe: Universe, after: State): readonly string[] => {
  const before = stateBefore(universe);
  return [...new Set([...before.keys(), ...after.keys()])].filter((module) => before.get(module) !== after.get(module));
};

/** What a state costs: how many modules that stand and are not named it changes, then how many deprecated versions it brings. */
export const costOf = (universe: Universe, request: ChangeRequest, after: State): number => {
  const changes = changed(universe, after);
  const before = stateBefore(universe);
  const unasked = changes.filter((module) => before.has(module) && !isNamed(request, module));
  const deprecated = changes.filter((module) => offerOf(universe, module, after.get(module))?.status === 'deprecated');
  return unasked.length * 1_000 + deprecated.length;
};
