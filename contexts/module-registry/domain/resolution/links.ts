import type { Fact } from './incompatibility.ts';
import { type Candidate, type Choices, candidatesAmong, type Survey } from './survey.ts';
import { absence, type Values } from './values.ts';
import type { Link } from './vocabulary.ts';
import { closed, listed, named, needing, versionsOf } from './words.ts';

/** The facts as links of a chain: from what was asked for, along what it needs, to what stands against it. */
export const linksOf = (survey: Survey, facts: readonly Fact[]): readonly Link[] => {
  const depths = depthsOf(facts);
  const concerned = (module: string): Values => concernedValues(survey, facts, module);
  const links = facts
    .filter((fact) => !isInCycle(fact, facts))
    .flatMap((fact) =>
      linksOfFact(survey, fact, { concerned, depths }).map((link, index) => ({
        link,
        place: placeOf(fact, link, { facts, depths }) + index / 100,
      })),
    );
  const key = ({ module, needs }: Link): string => `${module} ${needs?.module}`;
  return links.sort((a, b) => a.place - b.place || (key(a.link) < key(b.link) ? -1 : 1)).map(({ link }) => link);
};

/** A need that the cycle tells of as well. */
const isInCycle = (fact: Fact, facts: readonly Fact[]): boolean =>
  fact.kind === 'needs' &&
  facts.some(
    (cycle) =>
      cycle.kind === 'cycle' &&
      cycle.links.some(({ module, dependency }) => module === fact.module && dependency.module === fact.dependency.module),
  );

/** How far a module is from those that were asked for. */
const depthsOf = (facts: readonly Fact[]): ReadonlyMap<string, number> => {
  const depths = new Map<string, number>(facts.flatMap((fact) => (fact.kind === 'asked' ? [[fact.module, 0] as const] : [])));
  for (const [module, depth] of depths)
    for (const fact of facts)
      if (fact.kind === 'needs' && fact.module === module && !depths.has(fact.dependency.module))
        depths.set(fact.dependency.module, depth + 1);
  return depths;
};

interface Places {
  readonly facts: readonly Fact[];
  readonly depths: ReadonlyMap<string, number>;
}

/** Needs by their distance; then those of what is installed; then what ends the chain. */
const placeOf = (fact: Fact, link: Link, { facts, depths }: Places): number => {
  const depth = depths.get(link.module) ?? 1_000;
  if (link.fact === 'needs') return depth;
  if (link.fact === 'in-the-way') return 3_000;
  if (fact.kind === 'cycle') return 2_000;
  const isNeeded = facts.some((other) => other.kind === 'needs' && other.dependency.module === link.module);
  return fact.kind === 'asked' && (!isNeeded || facts.some(({ kind }) => kind === 'cycle')) ? -1 : 2_000 + depth;
};

/** The values of a module that the chain leads to: those asked for, or those that the first need of it allows. */
const concernedValues = (survey: Survey, facts: readonly Fact[], module: string): Values => {
  const choices = survey.choicesOf(module);
  const asked = facts.find((fact) => fact.kind === 'asked' && fact.module === module);
  if (asked?.kind === 'asked')
    return choices.candidates.reduce((values, { version, value }) => (asked.versions.includes(version) ? values | value : values), 0n);
  const need = facts.find((fact) => (fact.kind === 'needs' || fact.kind === 'in-the-way') && fact.dependency.module === module);
  return need && 'dependency' in need ? choices.within(need.dependency.range) : choices.all & ~absence;
};

interface Setting {
  readonly concerned: (module: string) => Values;
  readonly depths: ReadonlyMap<string, number>;
}

const linksOfFact = (survey: Survey, fact: Fact, { concerned, depths }: Setting): readonly Link[] => {
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
  const depthOf = ({ module }: { readonly module: string }): number => depths.get(module) ?? Number.POSITIVE_INFINITY;
  const entry = links.reduce((nearest, link, index) => (depthOf(link) < depthOf(links[nearest] ?? link) ? index : nearest), 0);
  return [...links.slice(entry), ...links.slice(0, entry)].map(({ module, version, dependency }) => ({
    fact: 'cycle',
    module,
    versions: [version],
    needs: dependency,
    says: needing(`${module} ${version}`, false, dependency),
  }));
};
