import type { Fact } from './incompatibility.ts';
import { type Candidate, type Choices, candidatesAmong, type Survey, valuesOf } from './survey.ts';
import { absence, type Values } from './values.ts';
import type { Dependency, Link } from './vocabulary.ts';
import { closed, listed, named, needing, versionsOf } from './words.ts';

/** No chain tells of more needs than this: of a longer one the nearest, and where it ends. */
const needsMax = 40;

/** The facts as links of a chain: from what was asked for, along what it needs, to what stands against it. */
export const linksOf = (survey: Survey, facts: readonly Fact[]): readonly Link[] => {
  const asked = new Map(facts.flatMap((fact) => (fact.kind === 'asked' ? [[fact.module, fact.versions] as const] : [])));
  const needs = facts.filter((fact) => fact.kind === 'needs').filter((need) => concernsAsked(need, asked));
  const depths = depthsOf(asked, needs);
  const inCycle = new Set(facts.flatMap((fact) => (fact.kind === 'cycle' ? fact.links.map(keyOf) : [])));
  const told = needs.filter((need) => !inCycle.has(keyOf(need))).sort((one, other) => depthOf(depths, one) - depthOf(depths, other));
  const setting = {
    survey,
    depths,
    concerned: concernedIn(survey, facts, asked),
    needed: new Set(needs.map(({ dependency }) => dependency.module)),
  };
  const ends = [...facts.filter((fact) => fact.kind !== 'needs'), ...told.slice(needsMax).filter((need) => isUnmeetable(survey, need))];
  return [...told.slice(0, needsMax), ...ends.slice(0, needsMax)]
    .flatMap((fact) => linksOfFact(fact, setting).map((link, index) => ({ link, place: placeOf(link, setting) + index / 1_000 })))
    .sort((one, other) => one.place - other.place || (keyOf(one.link) < keyOf(other.link) ? -1 : 1))
    .map(({ link }) => link);
};

/** By module that was asked for, the versions that the chain is about. */
type Asked = ReadonlyMap<string, readonly string[]>;

const concernsAsked = ({ module, versions }: Need, asked: Asked): boolean =>
  asked.get(module)?.some((version) => versions.includes(version)) ?? true;

type Need = Extract<Fact, { kind: 'needs' }>;

interface Setting {
  readonly survey: Survey;
  readonly depths: ReadonlyMap<string, number>;
  /** Of a module, the values that the chain leads to. */
  readonly concerned: (module: string) => Values;
  /** The modules that some need leads to. */
  readonly needed: ReadonlySet<string>;
}

const keyOf = ({ module, dependency, needs }: { readonly module: string; readonly dependency?: Dependency; readonly needs?: Dependency }) =>
  `${module} ${(dependency ?? needs)?.module}`;

/** How far a module is from those that were asked for. */
const depthsOf = (asked: Asked, needs: readonly Need[]): ReadonlyMap<string, number> => {
  const bySubject = Map.groupBy(needs, ({ module }) => module);
  const depths = new Map([...asked.keys()].map((module) => [module, 0]));
  for (const [module, depth] of depths)
    for (const { dependency } of bySubject.get(module) ?? []) if (!depths.has(dependency.module)) depths.set(dependency.module, depth + 1);
  return depths;
};

const depthOf = (depths: ReadonlyMap<string, number>, { module }: { readonly module: string }): number => depths.get(module) ?? 10_000;

/** Needs by their distance; then what ends the chain; last what is in the way. */
const placeOf = (link: Link, { depths, needed }: Setting): number => {
  if (link.fact === 'needs') return depthOf(depths, link);
  if (link.fact === 'in-the-way') return 40_000;
  if (link.fact === 'cycle') return 20_000;
  return link.fact === 'asked' && !needed.has(link.module) ? -1 : 20_000 + depthOf(depths, link);
};

/** Those asked for, or those that the first need of it allows. */
const concernedIn = (survey: Survey, facts: readonly Fact[], asked: Asked): ((module: string) => Values) => {
  const needs = new Map(
    facts.flatMap((fact) => ('dependency' in fact ? [[fact.dependency.module, fact.dependency] as const] : [])).reverse(),
  );
  return (module) => {
    const choices = survey.choicesOf(module);
    const versions = asked.get(module);
    if (versions) return valuesOf(choices.candidates.filter(({ version }) => versions.includes(version)));
    const need = needs.get(module);
    return need ? choices.within(need.range) : choices.all & ~absence;
  };
};

const isUnmeetable = ({ choicesOf }: Survey, { dependency: { module, range, optional } }: Need): boolean =>
  !optional && choicesOf(module).within(range) === 0n;

const linksOfFact = (fact: Fact, { survey, concerned, depths }: Setting): readonly Link[] => {
  const choices = survey.choicesOf(fact.module);
  switch (fact.kind) {
    case 'asked':
      return [askedLink(fact.module, fact.versions)];
    case 'needs':
    case 'in-the-way': {
      const versions = restricted(choices, fact.versions, concerned(fact.module));
      return [needsLink(choices, { ...fact, versions }), ...missingLinks(survey.choicesOf(fact.dependency.module), fact.dependency)];
    }
    case 'unavailable': {
      const versions = restricted(choices, fact.versions, concerned(fact.module));
      const says = `${named(fact.module, versions)} ${closed(fact.reason, versions.length > 1, fact.sunsetAt)}`;
      return [{ fact: fact.reason, module: fact.module, versions, says }];
    }
    case 'kept':
      return [keptLink(choices, concerned(fact.module))];
    case 'cycle':
      return cycleLinks(fact, depths);
    default:
      return [];
  }
};

/** Of several versions those that matter here, if any does. */
const restricted = (choices: Choices, versions: readonly string[], values: Values): readonly string[] => {
  const matter = new Set(versionsOf(candidatesAmong(choices, values)));
  const those = versions.filter((version) => matter.has(version));
  return those.length > 0 ? those : versions;
};

const askedLink = (module: string, versions: readonly string[]): Link => ({
  fact: 'asked',
  module,
  versions,
  says: `${named(module, versions)} is asked for`,
});

const needsLink = ({ module, standing }: Choices, need: Extract<Fact, { kind: 'needs' | 'in-the-way' }>): Link => {
  const { kind, versions, dependency } = need;
  const isInstalled = versions.length === 1 && versions[0] === standing?.version;
  const subject = `${named(module, versions)}${isInstalled ? ', which is installed,' : ''}`;
  return { fact: kind, module, versions, needs: dependency, says: needing(subject, versions.length > 1, dependency) };
};

/** Said of a need that no version in the catalog could meet. */
const missingLinks = (target: Choices, { range, optional }: { readonly range: string; readonly optional: boolean }): readonly Link[] => {
  if (optional || target.within(range) !== 0n) return [];
  const { module, candidates } = target;
  const versions = versionsOf(candidates);
  const says =
    versions.length === 0 ? `there is no module ${module} in the catalog` : `${module} has no such version, only ${listed(versions)}`;
  return [{ fact: 'missing', module, versions, says }];
};

const keptLink = ({ module, standing, candidates }: Choices, concerned: Values): Link => {
  const place = standing ? candidates.indexOf(standing) : 0;
  const older = candidates.slice(place + 1).some(({ value }: Candidate) => (value & concerned) !== 0n);
  const versions = standing ? [standing.version] : [];
  const says = `${named(module, versions)} is installed${older ? ' and is not downgraded unless that is asked for' : ''}`;
  return { fact: 'kept', module, versions, says };
};

/** The circle, told from where the chain enters it. */
const cycleLinks = ({ links }: Extract<Fact, { kind: 'cycle' }>, depths: ReadonlyMap<string, number>): readonly Link[] => {
  const entry = links.reduce(
    (nearest, link, index) => (depthOf(depths, link) < depthOf(depths, links[nearest] ?? link) ? index : nearest),
    0,
  );
  return [...links.slice(entry), ...links.slice(0, entry)].map(({ module, version, dependency }) => ({
    fact: 'cycle',
    module,
    versions: [version],
    needs: dependency,
    says: needing(`${module} ${version}`, false, dependency),
  }));
};
