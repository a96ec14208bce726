import type { Offer, Standing, Universe } from '../contexts/module-registry/domain/resolution/resolve.ts';

export const at = new Date('2026-06-01T00:00:00Z');

/** Numbers in [0, 1) that are the same in every run. */
export const makeRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
};

type Offers = Universe['offers'];
type Needs = Offer['dependencies'];

const nameOf = (index: number): string => `module_${String(index).padStart(4, '0')}`;

const catalogOf = (
  modules: number,
  versions: readonly string[],
  needsOf: (module: number, version: number) => Needs,
  lifeOf: (module: number, version: number) => Pick<Offer, 'status' | 'sunsetAt'> = () => ({ status: 'published' }),
): Offers =>
  new Map(
    Array.from({ length: modules }, (_, module) => [
      nameOf(module),
      versions.map((version, index) => ({
        module: nameOf(module),
        version,
        ...lifeOf(module, index),
        dependencies: needsOf(module, index),
      })),
    ]),
  );

/** Four majors of five minors. */
const twenty: readonly string[] = Array.from({ length: 20 }, (_, index) => `${Math.floor(index / 5) + 1}.${index % 5}.0`);
const minors: readonly string[] = Array.from({ length: 20 }, (_, index) => `1.${index}.0`);
const majors: readonly string[] = Array.from({ length: 20 }, (_, index) => `${index + 1}.0.0`);

/**
 * A catalog as they grow: modules lean on older ones, on a few of them most of all; each major needs at least the major before its own of
 * what it leans on, one in ten its very own; every tenth need is optional. Some versions are deprecated, some past their sunset,
 * withdrawn or drafts.
 */
export const realistic = (modules = 1_000): Offers => {
  const random = makeRandom(7);
  const below = (n: number): number => Math.floor(random() * n);
  const leans = Array.from({ length: modules }, (_, module) =>
    [...new Set(Array.from({ length: module === 0 ? 0 : below(4) }, () => Math.floor(module * random() ** 3)))].map((target) => ({
      target,
      strictness: random(),
      optional: random() < 0.1,
    })),
  );
  const needsOf = (module: number, version: number): Needs =>
    (leans[module] ?? []).map(({ target, strictness, optional }) => {
      const major = Math.floor(version / 5) + 1;
      const range = strictness < 0.1 ? `^${major}.0` : `>=${Math.max(1, major - 1)}.0`;
      return { module: nameOf(target), range, optional };
    });
  const lifeOf = (_: number, version: number): Pick<Offer, 'status' | 'sunsetAt'> => {
    const chance = random();
    if (version < 5 && chance < 0.3) return { status: 'deprecated', sunsetAt: new Date(chance < 0.15 ? '2026-01-01' : '2027-01-01') };
    if (chance < 0.03) return { status: 'withdrawn' };
    return { status: version === 19 && chance < 0.1 ? 'draft' : 'published' };
  };
  return catalogOf(modules, twenty, needsOf, lifeOf);
};

/** Each module needs the next, in no newer minor than its own. */
export const chain = (length: number, lastNeeds: Needs = []): Offers =>
  catalogOf(length, minors, (module, version) =>
    module + 1 < length ? [{ module: nameOf(module + 1), range: `<=1.${version}.0`, optional: false }] : lastNeeds,
  );

/**
 * Layers of five, each module needing all of the next layer in its own minor or an older one, and at the bottom one base that only the
 * oldest minor accepts: the newest versions all lead into the same dead end, far below.
 */
export const lateDeadEnd = (layers: number): Offers => {
  const last = layers * 5;
  return catalogOf(last + 1, minors, (module, version) => {
    if (module === last) return [];
    const layer = Math.floor(module / 5);
    if (layer === layers - 1) return [{ module: nameOf(last), range: version === 0 ? '*' : '>=9.0.0', optional: false }];
    return Array.from({ length: 5 }, (_, place) => ({
      module: nameOf((layer + 1) * 5 + place),
      range: `<=1.${version}.0`,
      optional: false,
    }));
  });
};

/** So many modules, all needed by one, no two of which may have the same number: the pigeons and their holes. */
export const allDifferent = (pigeons: number, holes: number): Offers => {
  const offers = new Map(
    catalogOf(pigeons, majors.slice(0, holes), (module, version) =>
      Array.from({ length: module }, (_, other) => ({
        module: nameOf(other),
        range: `<${version + 1}.0.0 || >${version + 1}.0.0`,
        optional: true,
      })),
    ),
  );
  return offers.set('all', [
    {
      module: 'all',
      version: '1.0.0',
      status: 'published',
      dependencies: [...offers.keys()].map((module) => ({ module, range: '*', optional: false })),
    },
  ]);
};

/** Pairs of versions that exclude each other, at random, about as many as there may be before there is no plan any more. */
export const randomConflicts = (modules: number, conflicts: number): Offers => {
  const random = makeRandom(11);
  const below = (n: number): number => Math.floor(random() * n);
  const needs = new Map<string, Needs>();
  for (let conflict = 0; conflict < conflicts; conflict += 1) {
    const [one, other] = [below(modules), below(modules)];
    const excluded = below(20) + 1;
    const key = `${Math.max(one, other)} ${below(20)}`;
    const need = { module: nameOf(Math.min(one, other)), range: `<${excluded}.0.0 || >${excluded}.0.0`, optional: true };
    if (one !== other && !needs.get(key)?.some(({ module }) => module === need.module)) needs.set(key, [...(needs.get(key) ?? []), need]);
  }
  const offers = new Map(catalogOf(modules, majors, (module, version) => needs.get(`${module} ${version}`) ?? []));
  return offers.set('all', [
    {
      module: 'all',
      version: '1.0.0',
      status: 'published',
      dependencies: [...offers.keys()].map((module) => ({ module, range: '*', optional: false })),
    },
  ]);
};

/** Modules that all stand in 1.0.0, each accepting only its own minor of the one that it needs: moving one moves all above it. */
export const tower = (height: number): { readonly offers: Offers; readonly standing: readonly Standing[] } => {
  const offers = catalogOf(height, minors, (module, version) =>
    module === 0 ? [] : [{ module: nameOf(module - 1), range: `~1.${version}.0`, optional: false }],
  );
  const roof: Offer = {
    module: 'roof',
    version: '1.0.0',
    status: 'published',
    dependencies: [{ module: nameOf(0), range: '>=1.1.0', optional: false }],
  };
  return {
    offers: new Map(offers).set('roof', [roof]),
    standing: [...offers.keys()].map((module) => ({ module, version: '1.0.0' })),
  };
};
